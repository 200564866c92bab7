"""Contents of prompts in which a server finds no control tokens.

Owns the wrapper for servers whose vocabulary cannot be read from here: self-hosted ones (vLLM, llama.cpp, Ollama and others)
read the control tokens of their chat template in the contents of messages too. Promises that the forms that are known of open
models (`<|…|>`, `<start_of_turn>`, `[INST]` and the like) reach the server as ordinary text, of the same length, and that a
reply which copies them has them as they were. A model with other forms is not protected: data is between markers in any
case."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile
from lambda_rlm.llm.control_tokens import ControlTokens, as_it_was
from lambda_rlm.llm.wrappers.wrapper import Wrapper

KNOWN_FORMS: Final = ControlTokens(
    (
        "<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<bos>", "<eos>", "<pad>", "<unk>", "<s>", "</s>",
        "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]",
        "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[IMG]", "[THINK]", "[/THINK]", "<tool_call>",
        "</tool_call>", "<tool_response>", "</tool_response>", "[BOS]", "[EOS]", "[gMASK]", "<sop>", "<eop>",
        "[TOOL_CONTENT]", "[CALL_ID]", "[ARGS]", "[MODEL_SETTINGS]", "[/MODEL_SETTINGS]", "[PREFIX]", "[SUFFIX]", "[MIDDLE]",
        "<end_of_utterance>", "<seed:bos>", "<seed:eos>", "]~b]", "]~!b[", "[e~[", "<role>", "</role>",
    ),
    r"<[|][a-z_]{2,32}>|<[a-z_]{2,32}[|]>|<[|｜](?=[^<>|｜\s]*[A-Za-z])(?:[A-Z]?[^<>|｜\sA-Z]{1,63}|[^<>|｜\sa-z]{2,64})[|｜]>",
)  # fmt: skip
"""The control tokens of open models' chat templates. In the form `<|…|>` these are of small letters, with at most one large one
in front, or of large ones: others are ordinary text. Some open with `<|…>` and close with `<…|>`."""


class Harmless(Wrapper):
    """A `Model` that is sent no control token in the contents of its messages. Its texts are counted by no vocabulary: what is
    sent instead of a control token has as many bytes, and may have more tokens."""

    def _changed(self, profile: ModelProfile) -> ModelProfile:
        return replace(profile, vocabulary=None)

    async def complete(self, request: CompletionRequest) -> Completion:
        messages, changed = KNOWN_FORMS.harmless_messages(request.messages)
        if not changed:
            return await self._model.complete(request)
        # Pieces are not told: they would have the forms that were sent, and not those that were asked about.
        completion = await self._model.complete(replace(request, messages=messages, on_text=None))
        return replace(completion, text=as_it_was(completion.text, changed))

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return self._model.count_tokens(KNOWN_FORMS.harmless_messages(messages)[0])
