"""The loss where there is no GPU: only of tokens with a label.

TRL's own, where it has no Triton, goes over the logits of all positions and computes them twice
(`trl.trainer.utils.add_fused_lm_head`): a fifth of the demo's training, of whose tokens a third have a label.
"""

import inspect
from typing import Any


def trainer_class(model: Any) -> Any:
    """The trainer for a PEFT model: TRL's, on a CPU with a loss that leaves out what has no label.

    The loss of a causal language model is the same, but for rounding. TRL's metrics beside it (entropy, accuracy and
    number of tokens) are not computed. Logits are those of all positions that any example of a batch has a label at,
    at once: some copies of batch x positions x vocabulary floats, where TRL has tiles.
    """
    import torch
    from transformers import Trainer
    from trl import SFTTrainer

    # A few old architectures always compute all logits.
    chooses = "logits_to_keep" in inspect.signature(model.get_base_model().forward).parameters
    if torch.cuda.is_available() or not chooses:
        return SFTTrainer

    def compute_loss(self: Any, model: Any, inputs: dict[str, Any], *rest: Any, **named: Any) -> Any:
        if self.aux_loss_enabled:
            return SFTTrainer.compute_loss(self, model, inputs, *rest, **named)
        # What stands at a position foretells the next one; a batch shares its positions.
        foretold = inputs["labels"][:, 1:]
        kept = (foretold != -100).any(dim=0).nonzero().flatten()
        chosen = {"logits_to_keep": kept, "shift_labels": foretold[:, kept], "use_cache": False}
        return Trainer.compute_loss(self, model, inputs | chosen, *rest, **named)

    return type("LabelledTrainer", (SFTTrainer,), {"compute_loss": compute_loss})
