"""Column-level discovery of personal data, measured on tables that know nothing of the product.

Word lists, formats and truths are written here or distilled from locale data of Faker and mimesis (`words/README.md`);
nothing is taken from `governance/discovery`, `examples` or their tests.
"""
