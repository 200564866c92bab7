"""Models: scripted, recorded, local, and every provider behind one vendor door.

`connect.connect` makes a model from its name. Nothing here is imported before it is needed: `litellm` only inside
`via_litellm`, `xllamacpp` only inside `local`, and neither before the first call.
"""
