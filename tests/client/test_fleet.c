/* SPDX-License-Identifier: MIT
 *
 * What sandboxes of several gateways are called: nobody's id is another one's.
 */
#include "tests/cm.h"

#include <string.h>

#include "base/alloc.h"
#include "client/fleet.h"
#include "client/gateway_internal.h"

static void check(const struct gateway *g, const char *there, const char *here)
{
    cleanup_free char *named = gateway_id_here(g, there);
    cleanup_free char *back = gateway_id_there(g, named);

    assert_string_equal(named, here);
    assert_non_null(back);
    assert_string_equal(back, there);
}

static void ids__of_the_first_gateway__stay_as_they_are(void **state)
{
    const struct gateway first = {0};

    check(&first, "abc", "abc");
    check(&first, "", "");
    /* A gateway that would have its sandbox taken for another gateway's. */
    check(&first, "abc@prod", "abc%40prod");
    check(&first, "abc%40prod", "abc%2540prod");
}

static void ids__of_a_further_one__end_in_its_name(void **state)
{
    cleanup_free char *label = fleet_label("prod @ home");
    const struct gateway further = {.label = label};

    assert_null(strchr(label, ' '));
    assert_null(strchr(label, '@'));
    check(&further, "abc", "abc@prod%20%40%20home");
    check(&further, "a@b", "a%40b@prod%20%40%20home");
}

static void ids__of_others__are_none_of_ours(void **state)
{
    char label[] = "prod";
    const struct gateway first = {0}, prod = {.label = label};

    assert_null(gateway_id_there(&first, "abc@prod"));
    assert_null(gateway_id_there(&prod, "abc"));
    assert_null(gateway_id_there(&prod, "abc@lab"));
    assert_null(gateway_id_there(&prod, "abc%@prod")); /* no code of ours */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids__of_the_first_gateway__stay_as_they_are),
        cmocka_unit_test(ids__of_a_further_one__end_in_its_name),
        cmocka_unit_test(ids__of_others__are_none_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
