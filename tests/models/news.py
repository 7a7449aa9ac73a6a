"""A news report to summarize, written for this suite and free to use."""

NEWS = """\
The town of Alder Bridge will close its main road to cars for one year, the council decided on Tuesday evening after \
five hours of debate. From the first of March only buses, bicycles and people on foot may use the road that leads \
along the river. Delivery vans are allowed until ten o'clock in the morning.

The road carries about nine thousand cars a day, most of which pass through the town without stopping. A study by the \
university in the neighbouring city found that the air beside the road was twice as polluted as in the rest of the \
town, and that children at the primary school by the river missed more lessons because of coughs and colds than \
children at the other two schools.

Not everybody is pleased. Fourteen shops on the road signed a letter in which they warned of losing customers. \
“People come to me by car because they buy heavy things,” said Martha Quinn, who has sold garden tools there for \
thirty years. “Nobody carries a lawn mower home on a bus.” The council promised to pay for a new car park behind the \
market hall, five minutes away on foot, and to reduce the rent of council-owned shops by a fifth while the trial \
lasts.

The mayor, Daniel Osei, called the decision a test and not a revolution. “We will count the cars, measure the air and \
ask the shopkeepers every month,” he said. “If it does not work, we open the road again.” Other towns have tried the \
same with mixed results: in two of them the trial became permanent, in a third it was ended after four months because \
traffic jams had only moved to the next street.

The council will publish its first results in June. A final vote is planned for the following spring, before the \
election."""
