#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transfer_parts.h"

char *dm_transfer_copy_string(const char *text, bool *failed) {
  char *copy = text != NULL ? strdup(text) : NULL;
  *failed = *failed || (text != NULL && copy == NULL);
  return copy;
}

static const char *const *copy_strings(const char *const *strings, size_t count, bool *failed) {
  const char **copy = count > 0 ? calloc(count, sizeof *copy) : NULL;
  *failed = *failed || (count > 0 && copy == NULL);
  for (size_t i = 0; i < count && copy != NULL; i++)
    copy[i] = dm_transfer_copy_string(strings[i], failed);
  return copy;
}

static void free_strings(const char *const *strings, size_t count) {
  for (size_t i = 0; i < count && strings != NULL; i++)
    free((char *)strings[i]);
  free((void *)strings);
}

static const struct dm_rewrite_rule *copy_rules(const struct dm_rewrite_rule *rules, size_t count,
                                                bool *failed) {
  struct dm_rewrite_rule *copy = count > 0 ? calloc(count, sizeof *copy) : NULL;
  *failed = *failed || (count > 0 && copy == NULL);
  for (size_t i = 0; i < count && copy != NULL; i++) {
    copy[i].pattern = dm_transfer_copy_string(rules[i].pattern, failed);
    copy[i].with = dm_transfer_copy_string(rules[i].with, failed);
  }
  return copy;
}

static void free_rules(const struct dm_rewrite_rule *rules, size_t count) {
  for (size_t i = 0; i < count && rules != NULL; i++) {
    free((char *)rules[i].pattern);
    free((char *)rules[i].with);
  }
  free((void *)rules);
}

int dm_transfer_request_check(const struct dm_transfer_request *request, struct dm_error *err) {
  struct dm_rewrite *rewrite = NULL;
  if (dm_archive_choice_check(&request->choice, err) != 0)
    return -1;
  if (request->rule_count == 0)
    return 0;
  int status = dm_rewrite_open(&rewrite, request->rules, request->rule_count, err);
  dm_rewrite_close(rewrite);
  return status;
}

int dm_transfer_request_copy(struct dm_transfer_request *copy, const struct dm_transfer_request *request,
                             struct dm_error *err) {
  bool failed = false;
  *copy = *request;
  copy->url = dm_transfer_copy_string(request->url, &failed);
  copy->token = dm_transfer_copy_string(request->token, &failed);
  copy->path = dm_transfer_copy_string(request->path, &failed);
  copy->spool = dm_transfer_copy_string(request->spool, &failed);
  copy->keep = dm_transfer_copy_string(request->keep, &failed);
  copy->local = dm_transfer_copy_string(request->local, &failed);
  copy->choice.kind = dm_transfer_copy_string(request->choice.kind, &failed);
  copy->choice.subpath = dm_transfer_copy_string(request->choice.subpath, &failed);
  copy->choice.files = copy_strings(request->choice.files, request->choice.file_count, &failed);
  copy->rules = copy_rules(request->rules, request->rule_count, &failed);
  copy->headers = copy_strings(request->headers, request->header_count, &failed);
  return failed ? dm_error_errno(err, ENOMEM, "download") : 0;
}

void dm_transfer_request_free(struct dm_transfer_request *request) {
  free((char *)request->url);
  free((char *)request->token);
  free((char *)request->path);
  free((char *)request->spool);
  free((char *)request->keep);
  free((char *)request->local);
  free((char *)request->choice.kind);
  free((char *)request->choice.subpath);
  free_strings(request->choice.files, request->choice.file_count);
  free_rules(request->rules, request->rule_count);
  free_strings(request->headers, request->header_count);
}
