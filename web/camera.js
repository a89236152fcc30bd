// The camera and the microphone: asking for them, and recording what a challenge wants, moment by moment.

const LONGEST_SECONDS = 14.5;
const FORMATS = [
  "video/webm;codecs=vp8,opus",
  "video/mp4;codecs=avc1.42E01E,mp4a.40.2",
  "video/webm",
  "video/mp4",
];
const BITS_A_SECOND = 3_000_000;

/** The stream of a camera: of oneself, with sound where there is something to read, or of a thing. Throws without one. */
export async function openCamera(challenge, thing) {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder)
    throw new DOMException("", "NotSupportedError");
  const video = {
    facingMode: thing ? "environment" : "user",
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30, max: 30 },
  };
  return navigator.mediaDevices.getUserMedia({ video, audio: challenge.steps.includes("SAY") });
}

/** Let go of the camera: its light goes out. */
export function closeCamera(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}

/**
 * What to do in a recording, in order: `{kind, what, seconds}` with kind LOOK, GESTURE, TURN or SAY. It fits into the
 * longest recording.
 */
export function momentsOf(challenge) {
  const moments = [];
  for (const step of challenge.steps) {
    if (step === "LOOK") {
      moments.push({ kind: "LOOK", seconds: 3 });
      for (const what of challenge.gestures) moments.push({ kind: "GESTURE", what, seconds: 1.5 });
    } else if (step === "TURNS") {
      for (const what of challenge.turns) {
        moments.push({ kind: "TURN", what, seconds: 1.2 }, { kind: "TURN", what: null, seconds: 0.7 });
      }
    } else {
      const what = challenge.digits ?? challenge.phrase;
      moments.push({ kind: "SAY", what, seconds: challenge.digits ? 0.9 + 0.75 * challenge.digits.length : 6 });
    }
  }
  const total = moments.reduce((sum, { seconds }) => sum + seconds, 0);
  const share = Math.min(1, LONGEST_SECONDS / total);
  return moments.map((moment) => ({ ...moment, seconds: moment.seconds * share }));
}

/**
 * Record `moments` from `stream`; `show(moment)` is called as each begins. Returns `{done, finish, abandon}`: a promise
 * of the recording (a Blob, or null when it was abandoned), and what ends it early.
 */
export function recordMoments(stream, moments, show) {
  const mimeType = FORMATS.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_A_SECOND });
  const pieces = [];
  let timer;
  let kept = true;
  const done = new Promise((resolve, reject) => {
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onerror = ({ error }) => reject(error);
    recorder.onstop = () => resolve(kept ? new Blob(pieces, { type: recorder.mimeType }) : null);
  });
  const finish = () => {
    clearTimeout(timer);
    if (recorder.state !== "inactive") recorder.stop();
  };
  const next = (index) => {
    if (index === moments.length) return finish();
    show(moments[index]);
    timer = setTimeout(() => next(index + 1), 1000 * moments[index].seconds);
  };
  recorder.onstart = () => next(0);
  recorder.start();
  return {
    done,
    finish,
    abandon() {
      kept = false;
      finish();
    },
  };
}
