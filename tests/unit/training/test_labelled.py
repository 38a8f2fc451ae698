"""The loss of labelled tokens beside TRL's own, of the real embedded model."""

import shutil

import pytest
import torch
from small_training import SMALL, short_examples
from transformers import AutoTokenizer
from trl import SFTTrainer

from clca.models import unpack_embedded
from clca.training import finetune as module
from clca.training.labelled import trainer_class
from clca.training.masks import tokenised

EMBEDDINGS = "embed_tokens"


@pytest.fixture(scope="module", autouse=True)
def no_gpu():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        yield


@pytest.fixture(scope="module")
def trainer(tmp_path_factory):
    """A trainer of two examples a batch, one of them padded, whose embeddings are trained as well."""
    tmp_path = tmp_path_factory.mktemp("training")
    unpack_embedded(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    rows, _ = tokenised(short_examples(train=2, heldout=2), tokenizer, SMALL.max_length)
    rows["train"][0] = {name: tokens[5:] for name, tokens in rows["train"][0].items()}
    settings = SMALL.model_copy(update={"train_embeddings": True, "batch_size": 2})
    yield module._trainer(rows, tokenizer, tmp_path / "model", settings, tmp_path / "checkpoints", True)
    shutil.rmtree(tmp_path)


def gradients(trainer, compute_loss, items):
    """Loss of the first batch, and its gradients by parameter."""
    batch = next(iter(trainer.get_train_dataloader()))
    trainer.model.zero_grad()
    loss = compute_loss(trainer, trainer.model, batch, num_items_in_batch=items)
    loss.backward()
    of = {name: one.grad.clone() for name, one in trainer.model.named_parameters() if one.grad is not None}
    return loss.item(), of


def test_loss_and_gradients_on_a_cpu_are_those_of_trl(trainer):
    assert type(trainer) is not SFTTrainer
    trainer.model.eval()  # no dropout
    for items in (None, torch.tensor(100)):
        loss, found = gradients(trainer, type(trainer).compute_loss, items)
        expected, wanted = gradients(trainer, SFTTrainer.compute_loss, items)
        assert loss == pytest.approx(expected, rel=1e-5)
        assert found.keys() == wanted.keys()
        assert any(EMBEDDINGS in name for name in found)
        for name, gradient in wanted.items():
            assert torch.dist(found[name], gradient) <= 1e-4 * gradient.norm(), name


def test_heldout_loss_on_a_cpu_is_that_of_trl(trainer, monkeypatch):
    ours = trainer.evaluate()["eval_loss"]
    monkeypatch.setattr(type(trainer), "compute_loss", SFTTrainer.compute_loss)
    assert ours == pytest.approx(trainer.evaluate()["eval_loss"], rel=1e-5)


def test_a_model_that_always_computes_all_logits_keeps_the_trainer_of_trl():
    class Old:
        def get_base_model(self):
            return self

        def forward(self, input_ids, labels):
            """Without `logits_to_keep`."""

    assert trainer_class(Old()) is SFTTrainer
