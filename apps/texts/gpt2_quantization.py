"""Prompts to continue and an English text to measure, written for this suite and free to use."""

PROMPTS_IN_SPANISH = {
    "Fútbol": "Me gusta mucho el fútbol",
    "Un cuento": "Había una vez un pingüino que quería aprender a volar",
    "Ciencia": "El agua de los océanos se mueve porque",
}
PROMPTS_IN_ENGLISH = {"English (for gpt2)": "On Sundays we play football in the park, and"}

ENGLISH_TEXT = """\
On Sunday morning my sister woke me with a ball under her arm. It had stopped raining, and the field at the end of our \
street smelled of wet earth. We had a quick breakfast, bread and a glass of milk, and went down the stairs without a \
sound so as not to disturb the neighbours.

The others were already waiting in the square. There were eleven of us, so the smallest became the referee, with a \
whistle that his grandmother had lent him. We played for nearly two hours. We were losing by three goals to one when \
Lucy, who had never scored, received a long pass, raised her head and sent the ball over the goalkeeper. Everybody ran \
to embrace her, even the other team.

At noon we came home hungry and with dirty knees. My father had cooked lentils and asked us who had won. We looked at \
one another and nobody knew what to answer, because in the end we had stopped counting. “Then you have all won,” he \
said, and gave each of us a second plate."""
