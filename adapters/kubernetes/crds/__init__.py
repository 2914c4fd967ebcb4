"""The CustomResourceDefinitions of the API, made from the models in ``scheduler.api``."""
