"""Survey files in every format that users have, written from made-up rows: no row here is a respondent's."""

import csv
import io
import random
import zipfile

from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.questionnaire import OPTION_COUNTS

CODES = {
    "H_SETTLEMENT": range(1, 6), "H_URBRURAL": range(1, 3), "Q260": range(1, 3), "X003R": range(1, 7),
    "Q263": range(1, 3), "Q273": range(1, 7), "Q270": range(1, 8), "Q275": range(9), "Q281": range(12),
    "Q279": range(1, 9), "Q287": range(1, 6),
}  # fmt: skip
AGES = {1: 19, 2: 25, 3: 44, 4: 45, 5: 60, 6: 91}
NUMBERS = {"DEU": 276, "GBR": 826, "NIR": 909, "JPN": 392, "CHN": 156, "MEX": 484, "URY": 858}
NAMES = {"DEU": "Germany", "GBR": "Great Britain", "NIR": "Northern Ireland", "JPN": "Japan", "MEX": "Mexico"}
MISSING = {
    -1: "Don´t know",
    -2: "No answer",
    -3: "Not applicable",
    -4: "Not asked in this country",
    -5: "Missing; Unknown",
}

# The order of v6, with stand-ins for what lies between.
HEADER = (
    "version", "doi", "A_YEAR", "B_COUNTRY", "B_COUNTRY_ALPHA", "C_COW_NUM", "D_INTERVIEW", "J_INTDATE",
    "H_SETTLEMENT", "H_URBRURAL", "W_WEIGHT", "S018", "PWGHT", *(f"Q{number}" for number in range(1, 263)), "X003R",
    "X003R2", *(f"Q{number}" for number in range(263, 276)), "Q275A", "Q275R",
    *(f"Q{number}" for number in range(276, 289)), "Q288R", "Q289", "Q290",
)  # fmt: skip

IMPORTANCE = ["Very important", "Rather important", "Not very important", "Not at all important"]
AGREEMENT = ["Agree strongly", "Agree", "Disagree", "Strongly disagree"]
MIDDLE = ["Strongly agree", "Agree", "Neither agree, nor disagree", "Disagree", "Disagree strongly"]
LABELS = {
    "H_SETTLEMENT": dict(enumerate(
        ["Capital city", "Regional center", "District center",
         "Another city, town (not a regional or district center)", "Village"], 1)),
    "H_URBRURAL": {1: "Urban", 2: "Rural"},
    "Q260": {1: "Male", 2: "Female"},
    "X003R": dict(enumerate(
        ["16-24 years", "25-34 years", "35-44 years", "45-54 years", "55-64 years", "65 and more years"], 1)),
    "Q263": {1: "I am born in this country", 2: "I am an immigrant to this country (born outside this country)"},
    "Q273": dict(enumerate(["Married", "Living together as married", "Divorced", "Separated", "Widowed", "Single"], 1)),
    "Q270": {**{number: str(number) for number in range(1, 7)}, 7: "7 persons or more"},
    "Q275": dict(enumerate(
        ["Early childhood education (ISCED 0) / no education", "Primary education (ISCED 1)",
         "Lower secondary education (ISCED 2)", "Upper secondary education (ISCED 3)",
         "Post-secondary non-tertiary education (ISCED 4)", "Short-cycle tertiary education (ISCED 5)",
         "Bachelor or equivalent (ISCED 6)", "Master or equivalent (ISCED 7)", "Doctoral or equivalent (ISCED 8)"])),
    "Q281": dict(enumerate(
        ["Never had a job", "Professional and technical (for example: doctor, teacher, en", "Higher administrative",
         "Clerical", "Sales", "Service (for example: waiter)", "Skilled worker", "Semi-skilled worker",
         "Unskilled worker", "Farm worker", "Farm owner, farm manager", "Other"])),
    "Q279": dict(enumerate(
        ["Full time (30 hours a week or more)", "Part time (less than 30 hours a week)", "Self employed",
         "Retired/pensioned", "Housewife not otherwise employed", "Student", "Unemployed", "Other"], 1)),
    "Q287": dict(enumerate(
        ["Upper class", "Upper middle class", "Lower middle class", "Working class", "Lower class"], 1)),
    **{item: dict(enumerate(
        {2: ["Mentioned", "Not mentioned"], 3: ["Good thing", "Don't mind", "Bad thing"], 5: MIDDLE}.get(
            count, IMPORTANCE if int(item[1:]) < 7 else AGREEMENT), 1)) for item, count in OPTION_COUNTS.items()},
}  # fmt: skip


def people(country, n, seed=1):
    """Made-up respondents by column; every sixth cell is missing, the age in years fits its band."""
    rng, rows = random.Random(f"{country}{seed}"), []
    for _ in range(n):
        row = dict.fromkeys(HEADER, "0")
        for column, codes in {**CODES, **{item: range(1, count + 1) for item, count in OPTION_COUNTS.items()}}.items():
            row[column] = rng.choice(list(codes)) if rng.random() > 1 / 6 else rng.choice([-1, -2, -4, -5])
        row |= {"version": "6-0-0 (made up)", "A_YEAR": 1900, "B_COUNTRY": NUMBERS[country], "B_COUNTRY_ALPHA": country}
        row |= {"D_INTERVIEW": 858069901, "J_INTDATE": 19000101, "Q262": AGES.get(row["X003R"], -2)}
        row |= {"W_WEIGHT": rng.choice([0.5, 1.25, 2]), "H_SETTLEMENT": row["H_SETTLEMENT"]}
        rows.append(row)
    return rows


def text(rows, header=HEADER, titles=None, separator=",", quoting=csv.QUOTE_MINIMAL, end="\n"):
    """The rows as a file's text; `titles` stand in the place of the columns' names."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerow(titles or header)
    writer.writerows([row[column] for column in header] for row in rows)
    return out.getvalue()


def cross_national(rows, path, **layout):
    path.write_text(text(rows, **layout), newline="")
    return path


def zipped(rows, path, name="WVS_Cross-National_Wave_7_csv_v6_0.csv"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text(rows))
        archive.writestr(f"__MACOSX/._{name}", b"\x00")
    return path


def titled(column):
    return f"{column}: Important in life; made up" if column in ITEMS else f"{column} Title of it"


def country_codes(rows, path):
    return cross_national(rows, path, titles=[titled(column) for column in HEADER], separator=";", end="\r\n")


def labelled(rows):
    """The same rows with labels, other columns as they are."""
    return [
        {
            column: LABELS[column].get(value, MISSING.get(value)) if column in LABELS else value
            for column, value in row.items()
        }
        | {"W_WEIGHT": str(row["W_WEIGHT"]).replace(".", ","), "": number}
        for number, row in enumerate(rows, 1)
    ]


def country_labels(rows, path):
    titles = ["", *(titled(column) for column in HEADER)]
    return cross_national(labelled(rows), path, header=("", *HEADER), titles=titles, separator=";")


def worldvaluesbench(rows, folder):
    """The pair: demographics as labels, values as codes, blank where missing."""
    folder.mkdir()
    blank = [{column: "" if column in ITEMS and row[column] < 0 else row[column] for column in row} for row in rows]
    named = [
        row | {"B_COUNTRY": NAMES[kept["B_COUNTRY_ALPHA"]]} for row, kept in zip(labelled(rows), rows, strict=True)
    ]
    people = ("D_INTERVIEW", "A_YEAR", "B_COUNTRY", "Q262", *DEMOGRAPHICS)
    cross_national(named, folder / "full_demographic_qa.tsv", header=people, separator="\t")
    cross_national(blank, folder / "full_value_qa.tsv", header=("D_INTERVIEW", *ITEMS), separator="\t")
    return folder
