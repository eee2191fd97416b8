"""Engines that search for translations: transformers and CTranslate2."""
