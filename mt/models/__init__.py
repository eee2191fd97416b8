"""Loading models, what each family of them wants, and our own options in a model's configuration."""
