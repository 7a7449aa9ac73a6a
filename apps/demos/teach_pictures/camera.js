// The camera of a page: hold the button and it shoots, several pictures a second; or, live, one after each answer.
// Sends {number, pictures: [data URL]} as “shots”. Nothing leaves the page by any other way.

const SIDE = 384; // pixels of a shot: models look at 224 to 384
const EVERY = 250; // milliseconds between two shots, in which a thing can be turned a little
const MOST = 40; // shots in one go
const QUALITY = 0.9;
const cameras = new WeakMap(); // by the place on the page: it is drawn again and again, the stream stays open

export default function (component) {
  const { parentElement: root, data, setTriggerValue } = component;
  let camera = cameras.get(root);
  if (!camera) {
    camera = new Camera(root);
    cameras.set(root, camera);
    camera.open();
  }
  camera.send = (pictures) => setTriggerValue("shots", { number: data.number, pictures });
  camera.draw(data);
  return () => {
    camera.close();
    cameras.delete(root);
  };
}

class Camera {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("video");
    this.shoot = root.querySelector(".shoot");
    this.turn = root.querySelector(".turn");
    this.said = root.querySelector(".said");
    this.device = 0;
    this.taken = [];
    const begin = (event) => {
      event.preventDefault();
      this.begin();
    };
    const end = () => this.end();
    this.shoot.addEventListener("pointerdown", begin);
    for (const name of ["pointerup", "pointercancel", "pointerleave", "blur"]) this.shoot.addEventListener(name, end);
    this.shoot.addEventListener("keydown", (event) => {
      if ([" ", "Enter"].includes(event.key) && !event.repeat) begin(event);
    });
    this.shoot.addEventListener("keyup", end);
    this.shoot.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press on a telephone
    this.turn.addEventListener("click", () => this.next());
  }

  draw(data) {
    this.data = data;
    this.shoot.hidden = data.live;
    this.shoot.textContent = data.label;
    this.shoot.disabled = data.full || !this.stream;
    if (data.full) this.say(data.full);
    if (data.live && this.stream) this.live(data.answered);
  }

  async open() {
    if (!navigator.mediaDevices) {
      this.say("A browser lends its camera only to pages that come by HTTPS or from localhost. Upload pictures instead.");
      return;
    }
    try {
      const wanted = this.devices?.length ? { deviceId: { exact: this.devices[this.device].deviceId } } : true;
      this.stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    } catch (error) {
      this.say(sentence(error));
      return;
    }
    if (this.closed) return this.stop();
    this.video.srcObject = this.stream;
    await this.video.play().catch(() => {});
    this.devices = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "videoinput");
    this.turn.hidden = this.devices.length < 2;
    this.say("");
    this.root.querySelector(".camera").dataset.open = "yes";
    this.draw(this.data);
  }

  async next() {
    this.device = (this.device + 1) % this.devices.length;
    this.stop();
    await this.open();
  }

  begin() {
    if (!this.stream || this.timer || this.data.full) return;
    this.taken = [];
    this.take();
    this.timer = setInterval(() => this.take(), EVERY);
  }

  take() {
    this.taken.push(this.picture());
    this.say(`${this.taken.length}`);
    this.video.classList.add("flash");
    setTimeout(() => this.video.classList.remove("flash"), 80);
    if (this.taken.length >= Math.min(MOST, this.data.room)) this.end();
  }

  end() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.send(this.taken);
    this.taken = [];
    this.say("");
  }

  live(answered) {
    if (this.asked === answered) return; // the answer to the last picture is still to come
    this.asked = answered;
    setTimeout(() => {
      if (!this.closed && this.stream && this.data.live) this.send([this.picture()]);
    }, EVERY);
  }

  picture() {
    // The middle of what the camera sees, as a square.
    const { videoWidth: width, videoHeight: height } = this.video;
    const side = Math.min(width, height);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    canvas
      .getContext("2d")
      .drawImage(this.video, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
    return canvas.toDataURL("image/jpeg", QUALITY);
  }

  say(text) {
    this.said.textContent = text;
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
    this.stop();
  }
}

function sentence(error) {
  if (error.name === "NotAllowedError") return "The browser was not allowed to use the camera. Allow it beside the address.";
  if (error.name === "NotFoundError") return "There is no camera at this machine. Upload pictures instead.";
  if (error.name === "NotReadableError") return "Another program uses the camera. Close that one first.";
  return `The camera does not open (${error.name}). Upload pictures instead.`;
}
