"""Captions and searches in English and in French, labelled by hand: what must be among the first five.

The searches were written before anything was tuned. A kind names what is hard about a search.
"""

from __future__ import annotations

from typing import NamedTuple


class Search(NamedTuple):
    """One search, and the captions (by their names) that answer it."""

    kind: str
    text: str
    wanted: tuple[str, ...]


CAPTIONS = {
    "cat_swims": "a cat swimming",
    "cat_sleeps": "My tabby asleep on a warm windowsill",
    "chat_piano": "Un chat joue du piano à minuit",
    "dog_beach": "Two dogs running along the beach at sunset",
    "chien_neige": "Mon chien découvre la neige pour la première fois",
    "whale": "A blue whale singing under the northern lights",
    "meduses": "Des méduses dansent dans l'océan",
    "octopus": "An octopus opens a jar, then waves",
    "requin": "Un requin en costume prend le métro",
    "horse_moon": "An astronaut rides a horse across the moon",
    "fusee": "La fusée décolle, tout le village regarde",
    "robot_kitchen": "Robot chef burns the pancakes again",
    "crepes": "Ma grand-mère retourne une crêpe sans regarder",
    "noodles": "Eating noodles in the rain, neon everywhere",
    "gateau": "Un gâteau d'anniversaire qui s'enfuit",
    "guitar": "She plays the guitar on a rooftop",
    "orchestre": "Un orchestre de grenouilles au bord de l'étang",
    "disco": "Skeletons at the disco, nobody can stop moving",
    "ballet": "Répétition de danse classique dans un hangar",
    "football": "Last-minute goal from the halfway line",
    "velo": "Course de vélos à travers les tournesols",
    "surf": "A grandmother surfs a giant wave",
    "montagne": "Lever du soleil au sommet de la montagne",
    "storm": "Lightning over the harbour, boats rocking",
    "pluie": "Sous la pluie, deux parapluies tombent amoureux",
    "snowman": "The snowman misses the bus",
    "forest": "Fireflies in a dark forest",
    "jardin": "Les abeilles du jardin tiennent une réunion",
    "dragon": "A small dragon learns to fly and sets fire to a haystack",
    "chateau": "Le fantôme du château cherche ses lunettes",
    "pirate": "Pirates argue over a map upside down",
    "chevalier": "Un chevalier coincé dans son armure",
    "wizard": "The wizard's apprentice floods the library",
    "train": "Night train through the Alps",
    "voiture": "La vieille voiture rouge refuse de démarrer",
    "balloon": "Hot air balloons over the valley",
    "market": "A morning at the fish market",
    "classe": "Le professeur s'endort pendant l'examen",
    "baby": "A toddler laughs at a sneezing panda",
    "mariage": "Le mariage des escargots, en accéléré",
    "painting": "A painting comes alive when the museum closes",
    "chess": "Two pigeons play chess in the park",
    "news": "The weather presenter is blown away",
    "lune": "La lune descend boire un café",
    "volcano": "A volcano that only erupts popcorn",
    "desert": "A camel finds a vending machine in the desert",
    "hiver": "Patinage sur le lac gelé",
    "library": "Whispering books after closing time",
}

SEARCHES = (
    Search("word", "cat swimming", ("cat_swims",)),
    Search("word", "pancakes", ("robot_kitchen",)),
    Search("word", "fantome", ("chateau",)),
    Search("word", "fantômes", ("chateau",)),
    Search("word", "crepes", ("crepes",)),
    Search("word", "meduse", ("meduses",)),
    Search("word", "vélo", ("velo",)),
    Search("word", "grenouille", ("orchestre",)),
    Search("word", "pirate map", ("pirate",)),
    Search("word", "balloon", ("balloon",)),
    Search("word", "horses", ("horse_moon",)),
    Search("word", "tournesol", ("velo",)),
    Search("word", "lightnings", ("storm",)),
    Search("word", "danser", ("meduses", "ballet")),
    Search("word", "sleeping professor OR professeur", ("classe",)),
    Search("prefix", "octop", ("octopus",)),
    Search("prefix", "night tra", ("train",)),
    Search("prefix", "le mariage des esc", ("mariage",)),
    Search("prefix", "chev", ("chevalier",)),
    Search("meaning", "feline", ("cat_swims", "cat_sleeps", "chat_piano")),
    Search("meaning", "puppies playing outside", ("dog_beach", "chien_neige")),
    Search("meaning", "instrument de musique", ("chat_piano", "guitar", "orchestre")),
    Search("meaning", "soccer", ("football",)),
    Search("meaning", "someone cooking badly", ("robot_kitchen",)),
    Search("meaning", "spectre qui a perdu quelque chose", ("chateau",)),
    Search("meaning", "outer space", ("horse_moon", "fusee", "lune")),
    Search("meaning", "wedding", ("mariage",)),
    Search("meaning", "thunderstorm at sea", ("storm",)),
    Search("meaning", "vacances à la mer", ("dog_beach", "surf")),
    Search("meaning", "board game", ("chess",)),
    Search("across", "un chat qui nage", ("cat_swims",)),
    Search("across", "a cat playing the piano", ("chat_piano",)),
    Search("across", "baleine qui chante", ("whale",)),
    Search("across", "jellyfish dancing", ("meduses",)),
    Search("across", "un cheval sur la lune", ("horse_moon",)),
    Search("across", "rocket launch", ("fusee",)),
    Search("across", "shark on the subway", ("requin",)),
    Search("across", "des nouilles sous la pluie", ("noodles",)),
    Search("across", "bees in the garden", ("jardin",)),
    Search("across", "bonhomme de neige", ("snowman",)),
    Search("across", "old car that will not start", ("voiture",)),
    Search("across", "marché aux poissons", ("market",)),
    Search("across", "ice skating on a frozen lake", ("hiver",)),
    Search("across", "un volcan", ("volcano",)),
)
