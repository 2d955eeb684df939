"""Reads a business problem in plain words and prescribes PMO services, each at a dose.

The map, in reading order. A module may import only modules above it in this list; a test keeps
that true.

    errors        what can go wrong, drawn as a tree
    schema        the records: prescription, service, model card; the words of the contracts
    cabinet       the cabinet's records: categories, doses, questions, factors, the rule
    consistency   what in a cabinet is at odds with the rest of it, each with its place
    catalogue     data/catalogue.toml -> Catalogue; every inconsistency reported at once
    thesaurus     data/thesaurus.toml -> concepts and the many words for each
    dosing        factors and roles -> doses and P(dose), by the catalogue's rule
    logs          problem logs in: CSV, TSV, Excel, Parquet, JSON Lines; bad rows set aside
    outputs       scored logs and rows set aside, out to the same kinds; whole or not at all
    statements    labelled statements -> checked frames, and how they are spread
    reading       one text -> tokens with their places in it
    bands         figures in a text -> the codebook's bands of share, duration, money, count
    fine          what a text says is fine, so that it counts against a service
    terms         runs of words and of characters in a reading
    concepts      thesaurus concepts in a reading, alone and in pairs
    turns         turns of phrase that change what a sentence asks for
    features      readings -> sparse TF-IDF of all of these, beside words and characters
    ordinal       the cumulative ordinal classifier: declared levels, sparse in, monotone out
    classifier    ProblemClassifier: features and all targets; texts -> probabilities
    decisions     probabilities -> gates and doses; the only place with thresholds
    explanation   which words moved what: exact contributions that sum to the score
    prescription  one statement -> Prescription: the decision told, with its reasons
    evaluation    metrics on what users receive
    training      labelled frame -> classifier, thresholds and card; cross-validation by author
    baselines     the simple rivals beside every metric
    registry      models/: save, load, list, promote
    scoring       whole problem logs -> scored logs
    wording       prescriptions, cards and tables in words, for a terminal
    settings      paths, from the environment, read when asked
    serving       the page as a server of its own
    doors         what the commands share: opening cabinet and model, a progress bar
    shelves       the commands models, catalogue and statements
    cli           the commands train, evaluate, prescribe, score and serve
    pages         one file a Streamlit page; app.py only wires them together
"""

__version__ = "0.1.0"
