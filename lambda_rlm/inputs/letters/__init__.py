"""Which encoding a text without a mark is in, by the letters of the words that it gives."""

from lambda_rlm.inputs.letters.judge import LetterJudgment, is_of_known_language, judged

__all__ = ["LetterJudgment", "is_of_known_language", "judged"]
