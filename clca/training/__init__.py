"""Training: examples made of the kept dialogues, loss masks for any chat template, LoRA fine-tuning and merging."""
