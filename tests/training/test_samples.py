from training.samples import sample


def test_a_sample_is_always_the_same_in_the_order_of_the_rows():
    rows = list(range(100))
    assert sample(rows, 10) == sample(rows, 10) == sorted(sample(rows, 10))
    assert len(sample(rows, 10)) == len(set(sample(rows, 10))) == 10
    assert sample(rows, None) == sample(rows, 100) == sample(rows, 200) == rows
    assert sample(rows, 10) != rows[:10]
