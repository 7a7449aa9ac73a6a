"""What the text to image page says: examples, the explanation, links, and how much memory a picture needs."""

from models.catalog import ModelCard
from models.weights.pipelines import INSTALL
from models.wording import size_text
from quantization.predict.forecast import Room, Verdict
from quantization.predict.pipeline import PipelineMemory

EXAMPLES = {
    "A fox in the snow": "A fox in the snow, watercolour",
    "A lighthouse": "A lighthouse at dusk, waves against the rocks, oil painting",
    "A reading robot": "A small robot reading a book in a library, soft light, children's book illustration",
    "A city on the sea": "An old harbour city seen from above, woodcut in two colours",
}
ABOUT = (
    "Describe a picture. The model begins with noise, and takes a part of it away at each step. How that works is seen "
    "further down, in two dimensions, for which no model is needed."
)
NEEDS = (
    f"Drawing needs diffusers, an extra that is not installed. Stop Aula, run `{INSTALL}` in its environment, and "
    "start it again. The figures in two dimensions, further down, need nothing."
)
NO_CHECKER = "This model brought no safety checker: nobody has looked at the picture before you."
HIDDEN = (
    "The model's safety checker hid this picture, and its steps: it took it for one that is not fit to be seen by all. "
    "It errs at times. Another seed or other words give another picture."
)
SIZE_HELP = "In pixels, a multiple of 8. Left empty: the size that the model learned with, at which it is best."
STEPS_HELP = (
    "How often the model looks at the noise and takes some away. More take longer; beyond 30 few see a change. Some "
    "models take one step more than they are asked for."
)
GUIDANCE_HELP = "How much more the picture follows the words than it would without them. 1: the words alone, vaguely."
SEED_HELP = "Which noise it starts from. The same seed gives the same picture. Left empty: a new one each time."
NEGATIVE_HELP = "What should not be seen. The picture is led away from these words."
TOY = """
The same, small enough to be seen and computed exactly: a “picture” is a point, and the model's guess is the mean of all
points of the figure that can have become this noise. No network, no download; it runs here as you move a slider.
"""
TOY_GUIDANCE_HELP = (
    "1: the figure alone. Above that, the points are led away from what all four figures have in common: the figure "
    "gets crisper, and loses what it shares with the others."
)
EXPLANATION = """
**Diffusion.** A picture to which noise is added again and again is nothing but noise in the end. A network learns the
way back: it sees a noisy picture, and guesses the noise in it. To draw, one starts from pure noise, takes some of the
guessed noise away, and asks again, some 25 times. Early steps decide what is where, late ones the details.

**Latents.** Stable Diffusion does this with a picture of 64 × 64 cells with four numbers each, 48 times fewer numbers
than the 512 × 512 pixels that its *decoder* makes of them in the end. For the filmstrip the cells are averaged to at
most 16 × 16 and decoded like that, which costs a sixteenth; what you see is what is there, noise included.

**The words.** A *text encoder* (CLIP) turns the prompt into one embedding a token, at most 75 of them, and the network
looks at these with *attention*. It guesses twice at each step, with the prompt and without one, and goes *guidance*
times as far as the first differs from the second. High guidance follows the words closely, and varies less.

**The seed** decides the noise to start from, and with it the picture: same seed, words and settings, same picture.

**The safety checker** compares the finished picture, and each small one, with a list of unwanted concepts, and makes it
black where it is too close to one. It is always on where the model brought one. It errs both ways. The pictures of the
web that these models learned from have all of its prejudices: look who is drawn as “a nurse”, and who as “a boss”.

**In two dimensions** the best guess can be written down: the mean of all points that can have led here, each with its
probability. A network is trained towards just that. With few steps the points end between the lines of the figure; with
enough of them they lie on it, no two where they would be with another seed.
"""
SOURCES = ("models/text_to_image.py", "models/pictures/points_from_noise.py")
LINKS = {
    "DDPM (Ho et al., 2020)": "https://arxiv.org/abs/2006.11239",
    "DDIM (Song et al., 2021)": "https://arxiv.org/abs/2010.02502",
    "Latent diffusion (Rombach et al., 2022)": "https://arxiv.org/abs/2112.10752",
    "Guidance (Ho & Salimans, 2022)": "https://arxiv.org/abs/2207.12598",
    "The design of diffusion models (Karras et al., 2022)": "https://arxiv.org/abs/2206.00364",
    "BK-SDM (Kim et al., 2023)": "https://arxiv.org/abs/2305.15798",
}


def memory_text(card: ModelCard, needed: PipelineMemory, room: Room) -> str:
    """What one picture needs, and whether `room` has that: “Needs about 6.5 GB of memory (…): fits in RAM, …”."""
    if needed.weights is None:
        return (
            f"How much {card.model_id} needs is known once it is here; one picture takes {size_text(needed.work)} more."
        )
    parts = f"weights {size_text(needed.weights)}, work on one picture {size_text(needed.work)}"
    return (
        f"Needs about {size_text(needed.total)} of memory ({parts}): {room.verdict(needed.total)} in {room.name}, "
        f"where {size_text(room.free)} are free."
    )


def is_beyond(needed: PipelineMemory, room: Room) -> bool:
    """Whether there is less memory than a picture needs."""
    return room.verdict(needed.total) == Verdict.DOES_NOT_FIT
