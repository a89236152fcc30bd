// Every word of the page, in English and French: those of the clips here, all others in files beside it.

import { CAMEO } from "./words_cameo.js";
import { HOUSE } from "./words_house.js";
import { OWN } from "./words_own.js";
import { SERVER } from "./words_server.js";
import { SHOWN } from "./words_shown.js";
import { SOCIAL } from "./words_social.js";

const WORDS = {
  en: {
    skip: "Skip to content",
    make: "Make",
    you: "You",
    language: "Français",
    languageCode: "fr",
    promptLabel: "What should happen?",
    promptHint: "A red fox jumps over a log in the rain at night and says “hello”…",
    seconds: "Length",
    secondsValue: (n) => `${n} s`,
    shape: "Shape",
    portrait: "Portrait",
    landscape: "Landscape",
    dream: "Make the clip",
    again: "Make another",
    cancel: "Stop",
    QUEUED: (n) => (n ? `In the queue, ${n} before it` : "Next in the queue"),
    LOADING: "Waking the engine",
    TEXT: "Reading the prompt",
    DENOISE: "Dreaming",
    DECODE: "Painting frames and sound",
    ENCODE: "Writing the video",
    CHECK: "Checking the file",
    STORE: "Storing it",
    waiting: "Waiting for a worker",
    reconnecting: "Reconnecting…",
    eta: (s) => `about ${s} s left`,
    live: "Your clip, while it is being made",
    ready: "Your clip is ready.",
    draft: "Draft",
    published: "Published",
    caption: "Caption",
    captionHint: "Say something about it (optional)",
    publish: "Publish",
    remove: "Delete",
    removeSure: "Delete for good?",
    download: "Download",
    cancelled: "Stopped. Its cost was given back.",
    failed: "It did not work:",
    notUnderstood: "Not understood:",
    feedEmpty: "Nothing here yet. Make the first clip.",
    feedMake: "Make a clip",
    more: "Loading more…",
    sound: "Sound",
    signIn: "Sign in",
    signUp: "Join with an invite",
    signOut: "Sign out",
    handle: "Handle",
    password: "Password",
    passwordHint: "At least 15 characters",
    invite: "Invite code",
    birth: "Date of birth",
    region: "Region",
    welcome: "Films from a sentence.",
    welcomeMore: "Write what happens; watch it take shape, with sound.",
    drafts: "Drafts",
    mine: "Published",
    none: "Nothing yet.",
    invites: "Invites",
    newInvite: "Make an invite",
    invitesLeft: (n) => (n === null ? "As many as you like" : `${n} left`),
    copy: "Copy",
    copied: "Copied",
    inviteOnce: "Shown once. Give it to one person.",
    linkOver: "This sign-in link is over. Start `yume up` again for a new one.",
    fault: "Something went wrong.",
    offline: "The server does not answer.",
    progress: "Progress of the clip",
    clipBy: (who) => `Clip by ${who}`,
    retry: "Try again",
  },
  fr: {
    skip: "Aller au contenu",
    make: "Créer",
    you: "Vous",
    language: "English",
    languageCode: "en",
    promptLabel: "Que doit-il se passer ?",
    promptHint: "Un renard roux saute par-dessus un tronc sous la pluie, la nuit, et dit « bonjour »…",
    seconds: "Durée",
    secondsValue: (n) => `${n} s`,
    shape: "Format",
    portrait: "Portrait",
    landscape: "Paysage",
    dream: "Créer le clip",
    again: "En créer un autre",
    cancel: "Arrêter",
    QUEUED: (n) => (n ? `Dans la file, ${n} avant lui` : "Prochain dans la file"),
    LOADING: "Le moteur s’éveille",
    TEXT: "Lecture du texte",
    DENOISE: "Le rêve prend forme",
    DECODE: "Peinture des images et du son",
    ENCODE: "Écriture de la vidéo",
    CHECK: "Vérification du fichier",
    STORE: "Enregistrement",
    waiting: "En attente d’un moteur",
    reconnecting: "Reconnexion…",
    eta: (s) => `encore ${s} s environ`,
    live: "Votre clip, pendant qu’il se fait",
    ready: "Votre clip est prêt.",
    draft: "Brouillon",
    published: "Publié",
    caption: "Légende",
    captionHint: "Dites-en un mot (facultatif)",
    publish: "Publier",
    remove: "Supprimer",
    removeSure: "Supprimer pour de bon ?",
    download: "Télécharger",
    cancelled: "Arrêté. Son coût vous est rendu.",
    failed: "Cela n’a pas marché :",
    notUnderstood: "Non compris :",
    feedEmpty: "Rien pour l’instant. Créez le premier clip.",
    feedMake: "Créer un clip",
    more: "Suite…",
    sound: "Son",
    signIn: "Se connecter",
    signUp: "Entrer avec une invitation",
    signOut: "Se déconnecter",
    handle: "Pseudo",
    password: "Mot de passe",
    passwordHint: "Au moins 15 caractères",
    invite: "Code d’invitation",
    birth: "Date de naissance",
    region: "Région",
    welcome: "Des films d’une phrase.",
    welcomeMore: "Écrivez ce qui se passe ; regardez-le prendre forme, avec le son.",
    drafts: "Brouillons",
    mine: "Publiés",
    none: "Rien pour l’instant.",
    invites: "Invitations",
    newInvite: "Créer une invitation",
    invitesLeft: (n) => (n === null ? "Autant que vous voulez" : `${n} restantes`),
    copy: "Copier",
    copied: "Copié",
    inviteOnce: "Montré une seule fois. Pour une seule personne.",
    linkOver: "Ce lien de connexion a expiré. Relancez `yume up` pour en avoir un autre.",
    fault: "Quelque chose a échoué.",
    offline: "Le serveur ne répond pas.",
    progress: "Avancement du clip",
    clipBy: (who) => `Clip de ${who}`,
    retry: "Réessayer",
  },
};

const ALL = [WORDS, CAMEO, SHOWN, SOCIAL, OWN, HOUSE, SERVER];
const KEY = "yume-language";
let current = localStorage.getItem(KEY) ?? (navigator.language.startsWith("fr") ? "fr" : "en");

export const language = () => current;

/** A day, as people of the language write it. */
export const day = (moment) =>
  new Date(moment).toLocaleDateString(current, { day: "numeric", month: "long", year: "numeric" });

/** A moment of today or tomorrow, likewise. */
export const moment = (when) => new Date(when).toLocaleTimeString(current, { hour: "numeric", minute: "2-digit" });

export function setLanguage(code) {
  current = code;
  localStorage.setItem(KEY, code);
}

/** The words under `key` in the page's language; keys that take a value are functions. */
export function t(key, ...values) {
  const words = ALL.find((set) => key in set[current])?.[current][key];
  const said = typeof words === "function" ? words(...values) : words;
  // French leaves a space before these signs, where no line may end.
  return current === "fr" ? said?.replace(/ (?=[?!:;»])|(?<=«) /g, "\u00a0") : said;
}
