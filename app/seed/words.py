"""What seeded members say, in English and French: topics with what there is in each, captions, comments, names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """One language's half of a topic: who does what, where and how; any four of them make a prompt."""

    name: str
    who: tuple[str, ...]
    does: tuple[str, ...]
    where: tuple[str, ...]
    how: tuple[str, ...]
    tag: str


def _topic(name: str, tag: str, who: str, does: str, where: str, how: str) -> Topic:
    return Topic(name, _each(who), _each(does), _each(where), _each(how), tag)


def _each(words: str) -> tuple[str, ...]:
    return tuple(words.split("; "))


ENGLISH = (
    _topic(
        "forest", "wild",
        "a red fox; a brown bear; a small hedgehog; a rabbit; an old owl; a deer",
        "jumps over a log; runs through the leaves; dances in a circle; falls asleep; looks up at the sky",
        "in the forest; by a quiet lake; in a clearing; under a tall tree",
        "in the rain; at sunrise; in the fog; in autumn",
    ),
    _topic(
        "sea", "ocean",
        "a blue whale; a friendly octopus; a dolphin; a tiny crab; a shark; a sea turtle",
        "swims past; leaps out of the water; plays hide and seek; sings a long song; glides along",
        "under the sea; at the beach; near a coral reef; beside an old boat",
        "at night; in clear blue light; during a storm; while the sun goes down",
    ),
    _topic(
        "space", "space",
        "an astronaut; a small rocket; a curious alien; a flying saucer; a robot dog; a planet",
        "floats slowly; lands softly; waves at us; plants a flag; turns around and around",
        "on the moon; among the stars; on a red planet; in a space station",
        "in slow motion; with a huge moon behind; in neon light; under falling stars",
    ),
    _topic(
        "kitchen", "food",
        "a chef; a slice of pizza; a happy tomato; a cupcake; a teapot; a grandmother",
        "bakes a giant cake; juggles eggs; dances on the table; stirs the soup; tastes the sauce",
        "in a small kitchen; in a busy restaurant; at a picnic; in a bakery",
        "in the morning light; in claymation; while the radio plays; very slowly",
    ),
    _topic(
        "sport", "sport",
        "a skateboarder; a young goalkeeper; a team of frogs; a surfer; an old boxer; a gymnast",
        "scores at the last second; falls and gets up again; jumps higher than ever; wins the race; trains alone",
        "in a packed stadium; on a wet court; at the skate park; on a mountain slope",
        "in slow motion; in the snow; at dusk; with everybody cheering",
    ),
    _topic(
        "music", "music",
        "a guitarist; a brass band; a cat with a trumpet; a drummer; an opera singer; a shy pianist",
        "plays a sad song; starts a concert; sings in the street; taps the rhythm; makes the crowd dance",
        "on a rooftop; in an empty theatre; at a festival; in the subway",
        "under coloured lights; late at night; in black and white; in the rain",
    ),
    _topic(
        "city", "city",
        "a taxi driver; a pigeon; a neighbour; a street painter; a delivery robot; a child with a balloon",
        "crosses the street; waits for the bus; paints a wall; loses a hat; looks for a friend",
        "in the city; on a busy bridge; in a narrow alley; at the market",
        "at rush hour; after the rain; under neon signs; early in the morning",
    ),
    _topic(
        "robots", "robots",
        "a rusty robot; a tiny robot; a robot gardener; a giant robot; a vacuum cleaner; a clumsy android",
        "learns to dance; repairs itself; falls in love; tells a joke; builds a tower",
        "in a factory; in a messy bedroom; in the desert; in a museum",
        "in clay; with sparks flying; at midnight; while music plays",
    ),
    _topic(
        "dragons", "fantasy",
        "a green dragon; a young wizard; a princess; a unicorn; a sleepy knight; a fairy",
        "flies over the towers; casts a spell; guards the treasure; breathes fire; opens a secret door",
        "above an old castle; in a deep cave; in an enchanted wood; on a high cliff",
        "at night; in watercolour; in a thunderstorm; under a double rainbow",
    ),
    _topic(
        "garden", "garden",
        "a snail; a busy bee; a sunflower; my neighbour; a ladybird; a frog",
        "grows slowly; waters the roses; hops from leaf to leaf; opens its petals; counts the drops",
        "in the garden; on a green leaf; in a greenhouse; beside the pond",
        "after the rain; in spring; at noon; very close up",
    ),
    _topic(
        "winter", "winter",
        "a penguin; a snowman; a polar bear; a sled dog; a skier; a small child in a red coat",
        "slides down the hill; builds an igloo; throws a snowball; skates in circles; sips hot chocolate",
        "on the ice; in a snowy village; on a frozen lake; in the mountains",
        "while snow falls; under northern lights; in the evening; in paper cut-out style",
    ),
    _topic(
        "vehicles", "machines",
        "a red train; an old bus; a racing car; a hot air balloon; a motorcycle; a paper boat",
        "crosses the valley; speeds around the corner; takes off; breaks down; carries a hundred cats",
        "on a mountain road; across the desert; over the sea; through the town",
        "at sunset; in the rain; with loud music; in slow motion",
    ),
)  # fmt: skip

FRENCH = (
    _topic(
        "forest", "sauvage",
        "un renard roux; un ours brun; un petit hérisson; un lapin; une vieille chouette; un cerf",
        "saute par-dessus un tronc; court dans les feuilles; danse en rond; s'endort; regarde le ciel",
        "dans la forêt; au bord d'un lac; dans une clairière; sous un grand arbre",
        "sous la pluie; au lever du soleil; dans le brouillard; en automne",
    ),
    _topic(
        "sea", "mer",
        "une baleine bleue; une pieuvre amicale; un dauphin; un petit crabe; un requin; une tortue de mer",
        "passe en nageant; bondit hors de l'eau; joue à cache-cache; chante longtemps; glisse doucement",
        "sous la mer; à la plage; près d'un récif; à côté d'un vieux bateau",
        "la nuit; dans une lumière bleue; pendant la tempête; au coucher du soleil",
    ),
    _topic(
        "space", "espace",
        "une astronaute; une petite fusée; un extraterrestre curieux; une soucoupe volante; un chien robot; une lune",
        "flotte lentement; se pose en douceur; nous fait signe; plante un drapeau; tourne sans fin",
        "sur la lune; parmi les étoiles; sur une planète rouge; dans une station spatiale",
        "au ralenti; devant une lune énorme; sous des néons; sous une pluie d'étoiles",
    ),
    _topic(
        "kitchen", "cuisine",
        "un chef; une part de pizza; une tomate heureuse; un petit gâteau; une théière; une grand-mère",
        "prépare un gâteau géant; jongle avec des œufs; danse sur la table; remue la soupe; goûte la sauce",
        "dans une petite cuisine; dans un restaurant bondé; à un pique-nique; dans une boulangerie",
        "dans la lumière du matin; en pâte à modeler; pendant que la radio chante; très lentement",
    ),
    _topic(
        "sport", "sport",
        "une skateuse; un jeune gardien de but; une équipe de grenouilles; un surfeur; un vieux boxeur; une gymnaste",
        "marque à la dernière seconde; tombe et se relève; saute plus haut que jamais; gagne la course; s'entraîne",
        "dans un stade plein; sur un terrain mouillé; au skatepark; sur une pente de montagne",
        "au ralenti; dans la neige; au crépuscule; sous les applaudissements",
    ),
    _topic(
        "music", "musique",
        "un guitariste; une fanfare; un chat à la trompette; une batteuse; une chanteuse d'opéra; un pianiste timide",
        "joue une chanson triste; commence un concert; chante dans la rue; bat la mesure; fait danser la foule",
        "sur un toit; dans un théâtre vide; à un festival; dans le métro",
        "sous des lumières colorées; tard le soir; en noir et blanc; sous la pluie",
    ),
    _topic(
        "city", "ville",
        "un chauffeur de taxi; un pigeon; une voisine; un peintre de rue; un robot livreur; un enfant avec un ballon",
        "traverse la rue; attend le bus; peint un mur; perd son chapeau; cherche un ami",
        "dans la ville; sur un pont animé; dans une ruelle; au marché",
        "à l'heure de pointe; après la pluie; sous les néons; tôt le matin",
    ),
    _topic(
        "robots", "robots",
        "un robot rouillé; un petit robot; un robot jardinier; un robot géant; un aspirateur; un androïde",
        "apprend à danser; se répare; tombe amoureux; raconte une blague; construit une tour",
        "dans une usine; dans une chambre en désordre; dans le désert; au musée",
        "en pâte à modeler; dans une pluie d'étincelles; à minuit; en musique",
    ),
    _topic(
        "dragons", "féerie",
        "un dragon vert; un jeune sorcier; une princesse; une licorne; un chevalier endormi; une fée",
        "survole les tours; jette un sort; garde le trésor; crache du feu; ouvre une porte secrète",
        "au-dessus d'un vieux château; dans une grotte; dans un bois enchanté; sur une haute falaise",
        "la nuit; à l'aquarelle; sous l'orage; sous un double arc-en-ciel",
    ),
    _topic(
        "garden", "jardin",
        "un escargot; une abeille pressée; un tournesol; mon voisin; une coccinelle; une grenouille",
        "pousse lentement; arrose les roses; saute de feuille en feuille; ouvre ses pétales; compte les gouttes",
        "dans le jardin; sur une feuille verte; dans une serre; près de l'étang",
        "après la pluie; au printemps; à midi; en très gros plan",
    ),
    _topic(
        "winter", "hiver",
        "un manchot; un bonhomme de neige; un ours polaire; un chien de traîneau; une skieuse; un enfant en rouge",
        "glisse sur la pente; bâtit un igloo; lance une boule de neige; patine en rond; boit un chocolat chaud",
        "sur la glace; dans un village enneigé; sur un lac gelé; à la montagne",
        "sous la neige; sous une aurore boréale; le soir; en papier découpé",
    ),
    _topic(
        "vehicles", "machines",
        "un train rouge; un vieux bus; une voiture de course; une montgolfière; une moto; un bateau en papier",
        "traverse la vallée; prend le virage; décolle; tombe en panne; transporte cent chats",
        "sur une route de montagne; à travers le désert; au-dessus de la mer; dans la ville",
        "au coucher du soleil; sous la pluie; en musique; au ralenti",
    ),
)  # fmt: skip

TOPICS = (ENGLISH, FRENCH)
"""By language, in the same order of topics."""

CAPTIONS = (
    (
        "{who}, of course #{tag}", "I made {who} and I am not sorry", "{who} {where}", "wait for it… #{tag}",
        "day {day}: {who}", "this took me three tries", "{who} has a plan", "sound on!", "for my sister #{tag}",
        "{how}, as it should be", "who wants to remix this?", "",
    ),
    (
        "{who}, évidemment #{tag}", "{who} {where}", "attendez la fin… #{tag}", "jour {day} : {who}",
        "il m'a fallu trois essais", "{who} a un plan", "avec le son !", "pour ma sœur #{tag}", "{how}, forcément",
        "qui veut remixer ?", "je ne m'en lasse pas", "",
    ),
)  # fmt: skip

REMIXES = (
    ("same but {how}", "now with {who}", "make it {how}", "add {who}", "the same {where}"),
    ("pareil mais {how}", "maintenant avec {who}", "la même chose {how}", "ajoute {who}", "la même {where}"),
)

COMMENTS = (
    "I have watched this ten times.", "The sound!", "How did you do this?", "My kid wants part two.",
    "That ending.", "Instant remix.", "So calm.", "This made my day.", "The light in this one is lovely.",
    "J'adore.", "Encore !", "Le son est parfait.", "Trop drôle.", "On dirait un rêve.", "Comment tu as fait ?",
    "La suite, vite !", "Quelle lumière.", "Je le montre à tout le monde.", "Magnifique.", "Il fallait y penser.",
)  # fmt: skip

REPLIES = (
    "Thank you!", "Same here.", "Agreed.", "Three tries and a lot of tea.", "Remix it!", "Merci !", "Pareil.",
    "Tout à fait.", "Vas-y, remixe !", "Oui, ce soir.",
)  # fmt: skip

FIRST_NAMES = (
    "Ada", "Amir", "Anouk", "Bea", "Camille", "Chidi", "Clara", "Dario", "Diane", "Elio", "Emma", "Farid", "Félix",
    "Gaia", "Hana", "Hugo", "Inès", "Ivo", "Jade", "Jonas", "Kenza", "Kofi", "Léa", "Liam", "Lina", "Luca", "Maëlle",
    "Malik", "Maya", "Milo", "Nadia", "Noé", "Nora", "Olga", "Oscar", "Paul", "Pia", "Rafa", "Rosa", "Sacha", "Sami",
    "Tara", "Théo", "Uma", "Victor", "Wanda", "Yara", "Yuki", "Zoé", "Zane",
)  # fmt: skip
LAST_NAMES = (
    "Abadi", "Almeida", "Bellamy", "Blanc", "Bruno", "Castel", "Cohen", "Diallo", "Dubois", "Eriksen", "Fabre",
    "Fontaine", "Garcia", "Girard", "Haddad", "Ito", "Jansen", "Keller", "Kovac", "Lambert", "Leroy", "Lopez",
    "Martin", "Mbaye", "Moreau", "Nakamura", "Novak", "Okafor", "Oliveira", "Park", "Petit", "Quinn", "Rossi",
    "Roux", "Sato", "Silva", "Stone", "Tremblay", "Vidal", "Weber", "Woods", "Yilmaz",
)  # fmt: skip
BIOS = (
    "Mostly {tag}.", "Small films about {tag}.", "I remix everything.", "Clay, paper and {tag}.", "",
    "Surtout {tag}.", "Petits films.", "Je remixe tout.", "Fait à la maison, le soir.", "",
)  # fmt: skip


def bank_sentences() -> list[str]:
    """What the bank of meanings holds a vector of: language by language, topic by topic, one for each ``who``."""
    return [
        f"{who} {topic.does[at % len(topic.does)]} {topic.where[at % len(topic.where)]}"
        for language in TOPICS
        for topic in language
        for at, who in enumerate(topic.who)
    ]
