from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = 3

@test_case(points=0, hidden=False)
def test_a_grid_of_rates(env):
    from nnbook.checking import expect, look
    rates = look(env, 'rates').is_finite().came
    expect(rates.ndim == 1 and len(rates) >= 5 and (len(set(rates)) == len(rates)), f'rates should be a list of at least five different numbers; it has shape {rates.shape}.')
    expect(bool((rates > 0).all()), 'Learning rates are positive.')
    found = look(env, 'accuracies').has_shape(rates.shape).is_finite().came
    expect(bool(((found >= 0) & (found <= 100)).all()) and float(found.max()) > 1, 'accuracies should be in percent: 83.4, not 0.834.')
    best = float(look(env, 'best_rate').has_shape(()))
    expect(best in rates, f'best_rate is {best:g}, which is not among your rates.')

