"""The headers of Strava's export in the languages that were seen (docs/formats.md 3.3)."""

import re
import unicodedata

HEADERS = {
    "id": "activity id|id|aktivitäts-id|id de l'activité|id de actividad|id de la actividad|activiteits-id",
    "date": "activity date|date|aktivitätsdatum|date de l'activité|fecha de la actividad|datum van activiteit",
    "name": "activity name|name|name der aktivität|nom de l'activité|nombre de la actividad|naam activiteit|"
    "naam van activiteit",
    "type": "activity type|aktivitätsart|type d'activité|tipo de actividad|activiteitstype",
    "elapsed": "elapsed time|elapsed_time|verstrichene zeit|temps écoulé|tiempo transcurrido|verstreken tijd",
    "distance": "distance|distanz|distancia|afstand",
    "file": "filename|dateiname|nom du fichier|nombre del archivo|nombre de archivo|bestandsnaam",
    "moving": "moving time|bewegungszeit|durée de déplacement|tiempo en movimiento|beweegtijd",
    "max_speed": "max speed|höchstgeschw.|vitesse max.|max. snelheid|velocidad máxima",
    "average_speed": "average speed|durchschnittliche geschwindigkeit|vitesse moyenne|gemiddelde snelheid",
    "gain": "elevation gain|höhenzunahme|dénivelé positif|desnivel positivo|totale stijging",
    "average_cadence": "average cadence|durchschnittliche trittfrequenz|gemiddelde cadans",
    "max_heartrate": "max heart rate|max. herzfrequenz|fréquence cardiaque max.|max. hartslag",
    "average_heartrate": "average heart rate|durchschnittliche herzfrequenz|gemiddelde hartslag",
}
NAMES = {word: field for field, words in HEADERS.items() for word in words.split("|")}
OLD_TYPE = "type"
"""The type's header until June 2019; later that is the name of another column."""


def header(cell: str) -> str:
    """A header's own words: without the HTML that exports of 2023 hold, and without case."""
    bare = re.sub(r"<[^>]*>", "", cell[:1000]).replace("’", "'")
    return " ".join(unicodedata.normalize("NFC", bare).casefold().split())
