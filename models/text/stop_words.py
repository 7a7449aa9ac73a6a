"""Words that say little of what a text is about, in English and Spanish: articles, pronouns, small verbs and so on.

The English ones are those of the Glasgow Information Retrieval Group, as scikit-learn has them. Spanish ones that are
English words with a meaning of their own (“son”, “sea”, “era”) are left out.
"""

# A paragraph of each language reads better than a list of strings.
STOP_WORDS = frozenset(
    """
    a about above across after afterwards again against all almost alone along already also although always am among
    amongst amoungst amount an and another any anyhow anyone anything anyway anywhere are around as at back be became
    because become becomes becoming been before beforehand behind being below beside besides between beyond bill both
    bottom but by call can cannot cant co con could couldnt cry de describe detail do done down due during each eg eight
    either eleven else elsewhere empty enough etc even ever every everyone everything everywhere except few fifteen
    fifty fill find fire first five for former formerly forty found four from front full further get give go had has
    hasnt have he hence her here hereafter hereby herein hereupon hers herself him himself his how however hundred i ie
    if in inc indeed interest into is it its itself keep last latter latterly least less ltd made many may me meanwhile
    might mill mine more moreover most mostly move much must my myself name namely neither never nevertheless next nine
    no nobody none noone nor not nothing now nowhere of off often on once one only onto or other others otherwise our
    ours ourselves out over own part per perhaps please put rather re same see seem seemed seeming seems serious several
    she should show side since sincere six sixty so some somehow someone something sometime sometimes somewhere still
    such system take ten than that the their them themselves then thence there thereafter thereby therefore therein
    thereupon these they thick thin third this those though three through throughout thru thus to together too top
    toward towards twelve twenty two un under until up upon us very via was we well were what whatever when whence
    whenever where whereafter whereas whereby wherein whereupon wherever whether which while whither who whoever whole
    whom whose why will with within without would yet you your yours yourself yourselves

    al algo algunas algunos ambos antes aquel aquella aquellas aquellos aquí así aun aunque cada casi como con contra
    cual cuales cualquier cuando cuanto de del desde donde durante e el ella ellas ellos en entonces entre eran es esa
    esas ese eso esos esta estaba estado estar estas este esto estos está están fue fueron haber había habían hace hacen
    hacer hacia han hasta hay la las le les lo los luego mi mientras mis misma mismo mucha muchas mucho muchos muy más
    nada ni ninguna ningún nos nosotros nuestra nuestro o otra otras otro otros para pero poco por porque pues que quien
    quienes qué se según ser si sido siempre sino sobre su sus sí también tampoco tanto te tenía tiene tienen toda todas
    todo todos tras tu tus u un una unas uno unos usted y ya yo él
    """.split()  # noqa: SIM905
)
