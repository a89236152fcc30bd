// What the server says in English, in the page's other language; what has no words here is shown as the server says it.

const KINDS = {
  TOPIC: "sujet",
  AUTHOR: "auteur",
  LANGUAGE: "langue",
  STYLE: "style",
  PACE: "rythme",
  LENGTH: "durée",
  SOUND: "son",
  FRESHNESS: "nouveauté",
  QUALITY: "accueil",
  EXPLORATION: "découverte",
};
const DIRECTIONS = { MORE: "davantage", LESS: "moins", NEVER: "jamais", ONLY: "seulement" };

export const SERVER = {
  en: {},
  fr: {
    STEER_PART: (kind, direction) => `${DIRECTIONS[direction]} (${KINDS[kind]})`,
    NUDGE: (minutes) => `Voilà ${minutes} minutes que vous êtes ici. Tout sera encore là plus tard.`,
    CREDIT: (line) =>
      line
        .replace(/^Remix of /, "Remix de ")
        .replaceAll(", after ", ", d’après ")
        .replace(/ and (\d+) more$/, " et $1 de plus")
        .replaceAll(/(?<!@)\bsomebody\b/g, "quelqu’un"),
    WHY_LATEST: "Tout ce qui est publié pour tous est ici, du plus récent au plus ancien.",
    WHY_FOLLOWED: "Vous suivez son auteur.",
    WHY_FRIEND: "Vous et son auteur vous suivez l’un l’autre.",
    WHY_FRESH: "Il vient d’être publié.",
    WHY_RECEIVED_WELL: "Beaucoup l’ont aimé, remixé ou regardé jusqu’au bout.",
    WHY_AUTHOR: "Vous suivez son auteur, ou avez aimé ses clips récemment.",
    WHY_TOPIC: "Il parle de ce dont parlent les clips que vous aimez.",
    WHY_STEER: "Vous avez demandé des clips de ce genre.",
    WHY_EXPLORING: "Peu de gens l’ont vu. Quelques places sont gardées pour que chacun ait sa chance.",
    WHY_REST: "Rien de particulier : c’est le meilleur de ceux que vous n’avez pas vus.",
    WHY_SEEN_BEFORE: "Vous avez vu tout ce qui est nouveau ici : les meilleurs reviennent.",
    ABOUT_FRESHNESS: "Les clips récents d’abord ; cela diminue avec le temps.",
    ABOUT_QUALITY: "Les clips que beaucoup ont aimés, remixés ou regardés jusqu’au bout.",
    ABOUT_AUTHOR: "Les clips des membres que vous suivez, ou dont vous avez aimé des clips récemment.",
    ABOUT_TOPIC: "Les clips qui parlent de ce dont parlent ceux que vous aimez.",
    ABOUT_DIVERSITY: "Combien perd un clip qui ressemble à ceux qui viennent d’être montrés.",
    ABOUT_EXPLORATION: "La part des places gardées pour des clips que peu de gens ont vus.",
    ABOUT_STEER: "Combien compte ce que demande votre phrase.",
    ABOUT_SEE_LESS: "Combien perd un clip comme ceux que vous voulez moins voir.",
    REFUSED_NOT_FOUND_inviteCode: "Ce code d’invitation est inconnu ou déjà utilisé. Demandez-en un autre.",
    REFUSED_INVALID_handle: "Un pseudo a 3 à 30 lettres a–z, chiffres ou _, et n’est pas réservé.",
    REFUSED_CONFLICT_handle: "Ce pseudo est pris. Choisissez-en un autre.",
    REFUSED_INVALID_birthDate: "Cette date de naissance n’est pas possible.",
    REFUSED_DENIED_birthDate: "Vous êtes trop jeune pour ce serveur.",
    REFUSED_NOT_FOUND_password: "Aucun membre n’a ce pseudo et ce mot de passe.",
    REFUSED_INVALID_password: "Choisissez un mot de passe d’au moins 15 caractères : une courte phrase convient.",
    REFUSED_INVALID_viewers: "Choisissez quelqu’un à qui le montrer.",
    REFUSED_DENIED_region: "Ce serveur n’accueille pas encore votre région.",
    REFUSED_INVALID_region: "Ce serveur n’accueille pas encore votre région.",
    REFUSED_UNAUTHENTICATED: "Connectez-vous d’abord.",
    REFUSED_NOT_FOUND: "Ce n’est pas là, ou n’y est plus.",
    REFUSED_DENIED: "Ce n’est pas permis.",
    REFUSED_RATE_LIMITED: "C’est trop à la fois. Réessayez plus tard.",
    REFUSED_IDEMPOTENCY_CONFLICT: "Réessayez, s’il vous plaît.",
    REFUSED_INTERNAL: "Quelque chose a échoué ici. Réessayez plus tard.",
  },
};
