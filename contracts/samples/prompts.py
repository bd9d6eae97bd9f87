"""The prompts of generated requests: a fixed list of harmless ones, varied in length and script only."""

from __future__ import annotations

PROMPTS = (
    "A red apple on a wooden table, soft morning light",
    "A small sailing boat on a calm lake under a clear sky",
    "A watercolor painting of a snowy mountain behind a green meadow",
    "A glass vase with yellow tulips on a window sill",
    "一只白色的小兔子坐在开满野花的草地上",
    "夕焼けの海辺に立つ白い灯台、水彩画風",
    "Старый каменный мост через тихую реку осенью",
    "حديقة هادئة فيها نافورة صغيرة وأشجار برتقال",
    "एक पहाड़ी गाँव की सुबह, हल्की धूप और हरे खेत",
    "Un café crème et un croissant doré, façon aquarelle ☕🥐",
)
"""Latin, Han, kana, Cyrillic, Arabic and Devanagari; the last has characters outside the Basic Multilingual Plane."""


def prompt(number: int) -> str:
    """The prompt with this number, from 0; numbers beyond the list wrap around."""
    return PROMPTS[number % len(PROMPTS)]


def long_prompt(characters: int, number: int = 0) -> str:
    """A prompt of exactly `characters` code points: one of the list, repeated."""
    text = prompt(number)
    return (text * (characters // len(text) + 1))[:characters]


def is_ours(text: str) -> bool:
    """Whether a text is a prompt of the list, of any length."""
    return any(long_prompt(len(text), number) == text for number in range(len(PROMPTS)))
