"""The API as users write it: one pydantic model for each kind, and the rules that its schema states."""
