"""What turns a statement around in other languages than English: their words for "not" and for numbers."""

from typing import Final

from pipeline.text import fold

ELIDED: Final = frozenset(("c", "d", "dell", "j", "l", "m", "n", "qu", "s", "t", "un"))
"""What stands before the apostrophe in "n'ai" and "l'école", and tells nothing."""

_NOT: Final = {
    "de": "nicht nichts nie niemals niemand kein keine keinen keinem keiner keines ohne weder",
    "es": "no nunca jamás nadie nada ningún ninguno ninguna tampoco sin ni",
    "fr": "pas jamais rien aucun aucune sans ni",
    "it": "non mai nessuno nessuna niente nulla senza né",
    "nl": "niet niets nooit niemand geen zonder",
    "pt": "não nunca jamais ninguém nada nenhum nenhuma sem nem",
}

_NUMBERS: Final = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"

_NUMBERS_IN: Final = {  # from two to fifteen
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien",
    "pt": "dois três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze",
}

_ROUND: Final = "sixteen twenty thirty forty fifty sixty hundred thousand"

_ROUND_IN: Final = {
    "de": "sechzehn zwanzig dreißig vierzig fünfzig sechzig hundert tausend",
    "es": "dieciséis veinte treinta cuarenta cincuenta sesenta cien mil",
    "fr": "seize vingt trente quarante cinquante soixante cent mille",
    "it": "sedici venti trenta quaranta cinquanta sessanta cento mille",
    "nl": "zestien twintig dertig veertig vijftig zestig honderd duizend",
    "pt": "dezesseis vinte trinta quarenta cinquenta sessenta cem mil",
}


def _meanings(language: str) -> dict[str, str]:
    numbers = zip(_NUMBERS_IN[language].split(), _NUMBERS.split(), strict=True)
    rounds = zip(_ROUND_IN[language].split(), _ROUND.split(), strict=True)
    said = {fold(word): meaning for word, meaning in (*numbers, *rounds)}
    return said | {fold(word): "not" for word in _NOT[language].split()}


MEANINGS: Final = {language: _meanings(language) for language in _NOT}
"""By language, each word in its folded form and the English word by which it is compared."""
