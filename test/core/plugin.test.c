/* What is looked at in a plug-in, on structures that need no shared object. */
#include "binding/plugin.h"

#include "harness.h"
#include "tiny_allocator.h"

static tiny_allocator_t tiny;
static hw_allocator_t *answer;
static hw_status_t status;
static const char *seen;

static hw_status_t create(const char *options, hw_allocator_t **out) {
  seen = options;
  *out = answer;
  return status;
}

static hw_plugin_t sound(void) {
  return (hw_plugin_t){HW_PLUGIN_HEADER, "a-name_1.0", create};
}

static int begin(void **state) {
  (void)state;
  tiny_init(&tiny);
  answer = &tiny.base;
  status = HW_OK;
  return 0;
}

static hw_plugin_fault_t created(void) {
  const hw_plugin_t plugin = sound();
  hw_allocator_t *out = NULL;
  hw_status_t said = HW_OK;
  hw_plugin_fault_t fault = hw_plugin_create(&plugin, "text", &out, &said);
  assert_status(status, said);
  assert_string_equal(seen, "text");
  return fault;
}

static void a_sound_one_passes(void **state) {
  (void)state;
  const hw_plugin_t plugin = sound();
  assert_int_equal(hw_plugin_check(&plugin), HW_PLUGIN_SOUND);
  assert_int_equal(created(), HW_PLUGIN_SOUND);
}

static void every_field_is_looked_at(void **state) {
  (void)state;
  hw_plugin_t plugin = sound();
  plugin.abi_version++;
  plugin.plugin_size = 0; /* of another version nothing else is read */
  assert_int_equal(hw_plugin_check(&plugin), HW_PLUGIN_BAD_VERSION);
  plugin = sound();
  plugin.plugin_size++;
  assert_int_equal(hw_plugin_check(&plugin), HW_PLUGIN_BAD_SIZE);
  plugin = sound();
  plugin.ops_size--;
  assert_int_equal(hw_plugin_check(&plugin), HW_PLUGIN_BAD_SIZE);
  plugin = sound();
  plugin.create = NULL;
  assert_int_equal(hw_plugin_check(&plugin), HW_PLUGIN_NO_CREATE);
}

static void a_name_is_a_word(void **state) {
  (void)state;
  const char *const bad[] = {
      NULL, "", "two words", "line\n", "\xc3", "a/b", "0123456789012345678901234567890-"};
  hw_plugin_t plugin = sound();
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    plugin.name = bad[i];
    assert_int_equal(hw_plugin_check(&plugin), HW_PLUGIN_BAD_NAME);
  }
  plugin.name = "0123456789012345678901234567890";
  assert_int_equal(hw_plugin_check(&plugin), HW_PLUGIN_SOUND);
}

static void what_create_answers_is_looked_at(void **state) {
  (void)state;
  status = HW_ERR_LIMIT;
  assert_int_equal(created(), HW_PLUGIN_REFUSED);
  status = HW_OK;
  answer = NULL;
  assert_int_equal(created(), HW_PLUGIN_NO_ALLOCATOR);
  answer = &tiny.base;
  tiny.ops.abi_version++;
  assert_int_equal(created(), HW_PLUGIN_BAD_TABLE_VERSION);
  tiny_init(&tiny);
  tiny.ops.deallocate = NULL;
  assert_int_equal(created(), HW_PLUGIN_NO_FUNCTIONS);
  tiny_init(&tiny);
  tiny.ops.allocate = NULL;
  assert_int_equal(created(), HW_PLUGIN_NO_FUNCTIONS);
  tiny.base.ops = NULL;
  assert_int_equal(created(), HW_PLUGIN_NO_ALLOCATOR);
}

static void a_file_that_is_none_is_unloadable(void **state) {
  (void)state;
  const hw_plugin_t *plugin = NULL;
  char reason[HW_PLUGIN_REASON_BYTES] = "";
  assert_int_equal(hw_plugin_open("/nowhere/plugin.so", &plugin, reason), HW_PLUGIN_UNLOADABLE);
  assert_null(plugin);
  assert_string_not_equal(reason, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_sound_one_passes, begin),
      cmocka_unit_test_setup(every_field_is_looked_at, begin),
      cmocka_unit_test_setup(a_name_is_a_word, begin),
      cmocka_unit_test_setup(what_create_answers_is_looked_at, begin),
      cmocka_unit_test_setup(a_file_that_is_none_is_unloadable, begin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
