/* The functions of PCRE2 that we use. */
#ifndef DATAMAESTRO_PATTERN_LIBRARY_H
#define DATAMAESTRO_PATTERN_LIBRARY_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "datamaestro/error.h"

struct dm_pattern_library {
  __typeof__(&pcre2_compile_context_create) compile_context_create;
  __typeof__(&pcre2_compile_context_free) compile_context_free;
  __typeof__(&pcre2_set_newline) set_newline;
  __typeof__(&pcre2_set_max_pattern_length) set_max_pattern_length;
  __typeof__(&pcre2_compile) compile;
  __typeof__(&pcre2_code_free) code_free;
  __typeof__(&pcre2_jit_compile) jit_compile;
  __typeof__(&pcre2_jit_stack_create) jit_stack_create;
  __typeof__(&pcre2_jit_stack_assign) jit_stack_assign;
  __typeof__(&pcre2_jit_stack_free) jit_stack_free;
  __typeof__(&pcre2_pattern_info) pattern_info;
  __typeof__(&pcre2_substring_number_from_name) number_from_name;
  __typeof__(&pcre2_match_context_create) match_context_create;
  __typeof__(&pcre2_match_context_free) match_context_free;
  __typeof__(&pcre2_set_match_limit) set_match_limit;
  __typeof__(&pcre2_set_heap_limit) set_heap_limit;
  __typeof__(&pcre2_set_offset_limit) set_offset_limit;
  __typeof__(&pcre2_match_data_create_from_pattern) match_data_create;
  __typeof__(&pcre2_match_data_free) match_data_free;
  __typeof__(&pcre2_match) match;
  __typeof__(&pcre2_get_ovector_pointer) ovector;
  __typeof__(&pcre2_get_error_message) error_message;
};

/* Loads PCRE2. */
int dm_pattern_library_load(struct dm_pattern_library *functions, struct dm_error *err);

#endif
