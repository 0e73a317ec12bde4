"""A product of which usage is reported: its plan `demo` has a meter, an offline window, vouchers and repairs; `larger` is another plan."""
import json
from stage import PRODUCT, Stage

PAGES = 1000  # of the meter, in all


def product_that_reports(stage):
    terms = json.loads(PRODUCT.read_text())
    demo = terms['plans']['demo']
    demo['limits']['pages'] = {'kind': 'meter', 'max': PAGES, 'period': 'never'}
    demo['offline_window'] = '10d'
    demo['vouchers'] = {'count': 2, 'length': '2d'}
    demo['repairs'] = {'per_year': 1, 'emergency': '5d'}
    terms['plans']['larger'] = {**demo, 'edition': 'larger', 'features': {'export': True, 'cloud-render': True}, 'duration': '90d'}
    product = stage.path('reporting.json')
    product.write_text(json.dumps(terms))
    return product


def begin(case, binaries):
    """For `setUpClass`: a stage, with a vendor who sells it, that is closed with the class."""
    case.stage = Stage(binaries)
    case.addClassCleanup(case.stage.close)
    case.vendor = case.stage.vendor()
    case.vendor.add_product(terms=product_that_reports(case.stage))
