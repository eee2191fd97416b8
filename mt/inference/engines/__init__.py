"""Engines that decode: transformers on torch, and CTranslate2; one base class."""
