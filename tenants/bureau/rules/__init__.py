"""Pure rules of the bureau floor: who may, how much, by when, and how it is written down."""
