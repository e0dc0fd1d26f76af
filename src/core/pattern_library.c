#include "pattern_library.h"

#include "library.h"

#define FUNCTION(field, name)                                                                                \
  { name "_8", offsetof(struct dm_pattern_library, field) }

static const struct dm_library_symbol symbols[] = {
    FUNCTION(compile_context_create, "pcre2_compile_context_create"),
    FUNCTION(compile_context_free, "pcre2_compile_context_free"),
    FUNCTION(set_newline, "pcre2_set_newline"),
    FUNCTION(set_max_pattern_length, "pcre2_set_max_pattern_length"),
    FUNCTION(compile, "pcre2_compile"),
    FUNCTION(code_free, "pcre2_code_free"),
    FUNCTION(jit_compile, "pcre2_jit_compile"),
    FUNCTION(jit_stack_create, "pcre2_jit_stack_create"),
    FUNCTION(jit_stack_assign, "pcre2_jit_stack_assign"),
    FUNCTION(jit_stack_free, "pcre2_jit_stack_free"),
    FUNCTION(pattern_info, "pcre2_pattern_info"),
    FUNCTION(number_from_name, "pcre2_substring_number_from_name"),
    FUNCTION(match_context_create, "pcre2_match_context_create"),
    FUNCTION(match_context_free, "pcre2_match_context_free"),
    FUNCTION(set_match_limit, "pcre2_set_match_limit"),
    FUNCTION(set_heap_limit, "pcre2_set_heap_limit"),
    FUNCTION(set_offset_limit, "pcre2_set_offset_limit"),
    FUNCTION(match_data_create, "pcre2_match_data_create_from_pattern"),
    FUNCTION(match_data_free, "pcre2_match_data_free"),
    FUNCTION(match, "pcre2_match"),
    FUNCTION(ovector, "pcre2_get_ovector_pointer"),
    FUNCTION(error_message, "pcre2_get_error_message"),
    {NULL, 0},
};

static const struct dm_library library = {{"libpcre2-8.so.0", "libpcre2-8.so"}, symbols};

int dm_pattern_library_load(struct dm_pattern_library *functions, struct dm_error *err) {
  return dm_library_load(&library, functions, err);
}
