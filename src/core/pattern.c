#include "pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "datamaestro/printable.h"
#include "datamaestro/rewrite.h"
#include "pattern_library.h"

enum {
  STEPS = 1000000,         /* from one starting place, and … */
  STEPS_OF_BYTE = 16,      /* … of each byte of the subject */
  HEAP = 64 * 1024,        /* KiB that the interpreter may take */
  STACK_FIRST = 32 * 1024, /* bytes of the JIT's stack at first … */
  STACK_MOST = 64 << 20,   /* … and at the most */
  SHORT = 1024,            /* bytes of a subject whose search ends soon, by the steps alone */
  QUICK = 5 * 1000 * 1000, /* nanoseconds of one try after which more places are tried at once … */
  SLOW = 50 * 1000 * 1000, /* … or fewer */
  WINDOW_MOST = 1 << 30,   /* starting places */
  LOOK_EACH = 64,          /* searches between two looks at the time */
};

#define BUDGET (INT64_C(10) * 1000 * 1000 * 1000) /* nanoseconds for a long subject, and … */
enum { BUDGET_OF_BYTE = 1000 };                   /* … for each of its bytes */

struct dm_pattern {
  struct dm_pattern_library library;
  char *text;
  pcre2_code *characters; /* for subjects that are UTF-8 */
  pcre2_code *bytes;      /* for others; NULL where the pattern means characters that no byte is */
  pcre2_match_data *match;
  pcre2_match_context *context;
  pcre2_jit_stack *stack; /* NULL without a JIT */
  bool undivided;         /* it may ask where the search began */
};

static int fail_pattern(const char *text, const char *words, size_t offset, struct dm_error *err) {
  char shown[512];
  return dm_error_set(err, DM_ERROR_USAGE, "'%s': %s at %zu (regular expression expected)",
                      dm_printable_text(shown, sizeof shown, text, strlen(text)), words, offset + 1);
}

/* Compiles to `*code`; NULL with `*words` and `*offset` for what is no pattern. */
static int compile(struct dm_pattern *pattern, uint32_t options, pcre2_code **code, char words[256],
                   size_t *offset) {
  const struct dm_pattern_library *library = &pattern->library;
  int number = 0;
  pcre2_compile_context *context = library->compile_context_create(NULL);
  if (context == NULL)
    return -1;
  (void)library->set_newline(context, PCRE2_NEWLINE_LF);
  (void)library->set_max_pattern_length(context, DM_REWRITE_PATTERN);
  *code =
      library->compile((PCRE2_SPTR)pattern->text, strlen(pattern->text),
                       options | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT, &number, offset, context);
  library->compile_context_free(context);
  if (*code == NULL)
    (void)library->error_message(number, (PCRE2_UCHAR *)words, 256);
  else
    (void)library->jit_compile(*code, PCRE2_JIT_COMPLETE); /* without it, it is interpreted */
  return 0;
}

static int prepare(struct dm_pattern *pattern, struct dm_error *err) {
  const struct dm_pattern_library *library = &pattern->library;
  pattern->match = library->match_data_create(pattern->characters, NULL);
  pattern->context = library->match_context_create(NULL);
  if (pattern->match == NULL || pattern->context == NULL)
    return dm_error_errno(err, ENOMEM, "regular expression");
  (void)library->set_heap_limit(pattern->context, HEAP);
  pattern->stack = library->jit_stack_create(STACK_FIRST, STACK_MOST, NULL);
  if (pattern->stack != NULL)
    library->jit_stack_assign(pattern->context, NULL, pattern->stack);
  return 0;
}

static int compile_both(struct dm_pattern *pattern, struct dm_error *err) {
  char words[256];
  size_t offset = 0;
  int status = compile(pattern, PCRE2_UTF, &pattern->characters, words, &offset);
  if (status == 0 && pattern->characters == NULL)
    return fail_pattern(pattern->text, words, offset, err);
  if (status == 0)
    status = compile(pattern, PCRE2_NEVER_UTF, &pattern->bytes, words, &offset);
  return status == 0 ? prepare(pattern, err) : dm_error_errno(err, ENOMEM, "regular expression");
}

int dm_pattern_open(struct dm_pattern **pattern, const char *text, struct dm_error *err) {
  struct dm_pattern *fresh = calloc(1, sizeof *fresh);
  *pattern = NULL;
  if (fresh == NULL || (fresh->text = strdup(text)) == NULL) {
    free(fresh);
    return dm_error_errno(err, ENOMEM, "regular expression");
  }
  /* `\G` is where a search began, and verbs may end one: such a search must be a single one. */
  fresh->undivided = strstr(text, "\\G") != NULL || strstr(text, "(*") != NULL;
  if (dm_pattern_library_load(&fresh->library, err) != 0) {
    free(fresh->text);
    free(fresh);
    return -1;
  }
  if (compile_both(fresh, err) != 0) {
    dm_pattern_close(fresh);
    return -1;
  }
  *pattern = fresh;
  return 0;
}

const char *dm_pattern_text(const struct dm_pattern *pattern) {
  return pattern->text;
}

unsigned dm_pattern_groups(const struct dm_pattern *pattern) {
  uint32_t count = 0;
  (void)pattern->library.pattern_info(pattern->characters, PCRE2_INFO_CAPTURECOUNT, &count);
  return count;
}

int dm_pattern_group_named(const struct dm_pattern *pattern, const char *name) {
  int group = pattern->library.number_from_name(pattern->characters, (PCRE2_SPTR)name);
  return group > 0 ? group : -1;
}

static int64_t processor_time(void) {
  struct timespec time = {0};
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (int64_t)time.tv_sec * 1000 * 1000 * 1000 + time.tv_nsec;
}

static bool is_not_text(int status) {
  return status <= PCRE2_ERROR_UTF8_ERR1 && status >= PCRE2_ERROR_UTF8_ERR21;
}

static int run(struct dm_pattern *pattern, const struct dm_pattern_subject *subject, size_t start,
               uint32_t options) {
  const pcre2_code *code = subject->is_text || !subject->is_checked ? pattern->characters : pattern->bytes;
  uint32_t check = subject->is_checked ? PCRE2_NO_UTF_CHECK : 0;
  return pattern->library.match(code, (PCRE2_SPTR)subject->bytes, subject->size, start, options | check,
                                pattern->match, pattern->context);
}

static const char *words_of(int status) {
  switch (status) {
  case PCRE2_ERROR_MATCHLIMIT:
  case PCRE2_ERROR_DEPTHLIMIT:
    return "takes too many steps (simpler pattern expected)";
  case PCRE2_ERROR_HEAPLIMIT:
  case PCRE2_ERROR_JIT_STACKLIMIT:
  case PCRE2_ERROR_NOMEMORY:
    return "takes too much memory (simpler pattern expected)";
  default:
    return "cannot be matched (other pattern expected)";
  }
}

/* One search that begins at `start` or up to `window` bytes behind it; SIZE_MAX: anywhere behind it. */
static int try(struct dm_pattern *pattern, struct dm_pattern_subject *subject, size_t start, size_t window,
               uint32_t options, const char **fault) {
  bool is_last = window >= subject->size - start;
  pattern->library.set_offset_limit(pattern->context, is_last ? PCRE2_UNSET : start + window);
  int status = run(pattern, subject, start, options);
  if (!subject->is_checked) {
    subject->is_checked = true;
    subject->is_text = !is_not_text(status);
    if (!subject->is_text && pattern->bytes == NULL) {
      *fault = "is for text in UTF-8 only (UTF-8 expected)";
      return -1;
    }
    if (!subject->is_text)
      status = run(pattern, subject, start, options);
  }
  if (status >= 0 || status == PCRE2_ERROR_NOMATCH)
    return status >= 0;
  *fault = words_of(status);
  return -1;
}

static bool is_inside_character(const struct dm_pattern_subject *subject, size_t at) {
  return subject->is_text && at < subject->size && ((unsigned char)subject->bytes[at] & 0xc0) == 0x80;
}

static bool is_late(const struct dm_pattern_subject *subject, int64_t now, const char **fault) {
  if (now <= subject->until)
    return false;
  *fault = "takes too long (simpler pattern expected)";
  return true;
}

/* Chooses how many places are tried at once, by how long it took. */
static void adapt(struct dm_pattern_subject *subject, int64_t took) {
  if (took < QUICK && subject->window < WINDOW_MOST)
    subject->window *= 2;
  else if (took > SLOW)
    subject->window = subject->window / 8 + 1;
}

/* In a long subject, a search from each of its places may take as long as the subject: so it is done in
 * pieces that grow as long as they are quick, and the time is looked at in between; but not for each of many
 * matches that are found at once. */
static int find_in_pieces(struct dm_pattern *pattern, struct dm_pattern_subject *subject, size_t start,
                          const char **fault) {
  int64_t before = 0;
  if (subject->until == 0) {
    subject->until = processor_time() + BUDGET + (int64_t)subject->size * BUDGET_OF_BYTE;
    subject->window = 1;
  }
  for (size_t at = start;;) {
    size_t window = subject->window;
    int status = try(pattern, subject, at, window, 0, fault);
    bool ends = status != 0 || window >= subject->size - at;
    if (ends && ++subject->searches % LOOK_EACH != 0)
      return status;
    int64_t now = processor_time();
    if (is_late(subject, now, fault))
      return -1;
    if (ends)
      return status;
    if (before != 0)
      adapt(subject, now - before);
    before = now;
    at += window + 1;
    while (is_inside_character(subject, at))
      at++;
  }
}

int dm_pattern_find(struct dm_pattern *pattern, struct dm_pattern_subject *subject, size_t start,
                    bool here_not_empty, const char **fault) {
  uint32_t here = here_not_empty ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED : 0;
  if (subject->is_checked && !subject->is_text && pattern->bytes == NULL) {
    *fault = "is for text in UTF-8 only (UTF-8 expected)";
    return -1;
  }
  (void)pattern->library.set_match_limit(pattern->context, STEPS + (uint32_t)subject->size * STEPS_OF_BYTE);
  if (here_not_empty || pattern->undivided || subject->size - start <= SHORT)
    return try(pattern, subject, start, SIZE_MAX, here, fault);
  return find_in_pieces(pattern, subject, start, fault);
}

bool dm_pattern_group(const struct dm_pattern *pattern, unsigned group, size_t *start, size_t *end) {
  const PCRE2_SIZE *places = pattern->library.ovector(pattern->match);
  *start = places[2 * (size_t)group];
  *end = places[2 * (size_t)group + 1];
  return *start != PCRE2_UNSET && *start <= *end;
}

void dm_pattern_close(struct dm_pattern *pattern) {
  if (pattern == NULL)
    return;
  const struct dm_pattern_library *library = &pattern->library;
  library->match_data_free(pattern->match);
  library->match_context_free(pattern->context);
  library->jit_stack_free(pattern->stack);
  library->code_free(pattern->characters);
  library->code_free(pattern->bytes);
  free(pattern->text);
  free(pattern);
}
