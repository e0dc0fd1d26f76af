#include "archive_choice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/printable.h"
#include "glob.h"

enum { SHOWN = 200 }; /* bytes of a name in a message */
enum { FIRST = 5 };   /* names that a message shows of what is there */

/* The first names in a folder. */
struct first_names {
  char *names[FIRST]; /* "/" at the end of folders' */
  size_t count;
  bool more;
};

/* One of the wanted names or patterns. */
struct wish {
  struct dm_glob *glob;
  bool found;
  char *near; /* a member that looks like it, as long as it is not found; NULL: none so far */
};

struct dm_archive_chooser {
  char subpath[DM_ARCHIVE_NAME + 1]; /* clean; "": the root */
  bool found;                        /* there is something below it */
  struct first_names root;
  struct first_names below;
  struct wish place; /* the subpath as a wish, for what looks like it; no glob without one */
  size_t count;
  struct wish wishes[];
};

static int fail_subpath(const char *subpath, const char *fault, struct dm_error *err) {
  char shown[SHOWN];
  return dm_error_set(err, DM_ERROR_USAGE, "'%s': %s",
                      dm_printable_text(shown, sizeof shown, subpath, strlen(subpath)), fault);
}

/* The subpath is a name, whatever characters it has: a pattern of it, for dm_glob_resembles. */
static int open_place(struct dm_archive_chooser *chooser, struct dm_error *err) {
  char quoted[2 * DM_ARCHIVE_NAME + 1];
  size_t used = 0;
  for (const char *next = chooser->subpath; *next != '\0'; next++) {
    if (strchr("*?[\\", *next) != NULL)
      quoted[used++] = '\\';
    quoted[used++] = *next;
  }
  quoted[used] = '\0';
  return used > 0 ? dm_glob_open(&chooser->place.glob, quoted, err) : 0;
}

static int open_wishes(struct dm_archive_chooser *chooser, const struct dm_archive_choice *choice,
                       struct dm_error *err) {
  const char *subpath = choice->subpath != NULL ? choice->subpath : "";
  const char *fault = subpath[0] != '\0' ? dm_archive_clean(subpath, chooser->subpath) : NULL;
  if (fault != NULL)
    return fail_subpath(subpath, fault, err);
  if (open_place(chooser, err) != 0)
    return -1;
  for (size_t i = 0; i < choice->file_count; i++) {
    if (dm_glob_open(&chooser->wishes[i].glob, choice->files[i], err) != 0)
      return -1;
    chooser->count++;
  }
  return 0;
}

int dm_archive_chooser_open(struct dm_archive_chooser **chooser, const struct dm_archive_choice *choice,
                            struct dm_error *err) {
  struct dm_archive_chooser *fresh = calloc(1, sizeof *fresh + choice->file_count * sizeof fresh->wishes[0]);
  *chooser = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "archive");
  if (open_wishes(fresh, choice, err) != 0) {
    dm_archive_chooser_close(fresh);
    return -1;
  }
  *chooser = fresh;
  return 0;
}

int dm_archive_choice_check(const struct dm_archive_choice *choice, struct dm_error *err) {
  struct dm_archive_chooser *chooser = NULL;
  int status = dm_archive_chooser_open(&chooser, choice, err);
  dm_archive_chooser_close(chooser);
  return status;
}

/* A name up to one of its parts' ends, "/" behind it where more follows; NULL for want of memory: it is only
 * for a message. */
static char *copy_start(const char *name, const char *end, bool is_folder) {
  const char *part = NULL;
  size_t size = 0;
  size_t used = 0;
  char *copy = malloc((size_t)(end - name) + 2);
  while (copy != NULL && name < end && dm_glob_part(&name, &part, &size)) {
    memcpy(copy + used, part, size);
    used += size;
    copy[used++] = '/';
  }
  if (copy != NULL)
    copy[is_folder || dm_glob_part(&name, &part, &size) ? used : used - 1] = '\0';
  return copy;
}

static void keep_first(struct first_names *first, const char *name, bool is_folder) {
  const char *next = name;
  const char *part = NULL;
  size_t size = 0;
  if (first->more || !dm_glob_part(&next, &part, &size))
    return;
  for (size_t i = 0; i < first->count; i++)
    if (strncmp(first->names[i], part, size) == 0 && strspn(first->names[i] + size, "/") <= 1 &&
        first->names[i][size + strspn(first->names[i] + size, "/")] == '\0')
      return;
  first->more = first->count == FIRST;
  if (!first->more && (first->names[first->count] = copy_start(part, next, is_folder)) != NULL)
    first->count++;
}

static void keep_near(struct wish *wish, const char *name, bool is_folder) {
  const char *next = name;
  const char *part = NULL;
  size_t size = 0;
  while (wish->near == NULL && dm_glob_part(&next, &part, &size))
    if (dm_glob_resembles(wish->glob, part, size))
      wish->near = copy_start(name, next, is_folder);
}

/* Behind the subpath's parts; NULL when they are not the first ones of the name. */
static const char *behind_subpath(const struct dm_archive_chooser *chooser, const char *name) {
  const char *wanted = chooser->subpath;
  const char *wanted_part = NULL;
  const char *part = NULL;
  size_t wanted_size = 0;
  size_t size = 0;
  while (dm_glob_part(&wanted, &wanted_part, &wanted_size))
    if (!dm_glob_part(&name, &part, &size) || size != wanted_size || memcmp(part, wanted_part, size) != 0)
      return NULL;
  return name;
}

static bool is_only_dots(const char *name) {
  const char *part = NULL;
  size_t size = 0;
  return !dm_glob_part(&name, &part, &size);
}

static bool take_wish(struct dm_archive_chooser *chooser, const char *inner, bool is_folder) {
  bool taken = chooser->count == 0;
  for (size_t i = 0; i < chooser->count; i++) {
    struct wish *wish = &chooser->wishes[i];
    if (taken && wish->found)
      continue;
    if (dm_glob_matches(wish->glob, inner, is_folder)) {
      wish->found = true;
      taken = true;
    } else if (!wish->found)
      keep_near(wish, inner, is_folder);
  }
  return taken;
}

bool dm_archive_chooser_takes(struct dm_archive_chooser *chooser, const char *name, bool is_folder) {
  name = name != NULL ? name : "?"; /* as if it were some name in the root */
  if (!chooser->found)
    keep_first(&chooser->root, name, is_folder);
  const char *inner = behind_subpath(chooser, name);
  bool is_below = inner != NULL && (is_folder || !is_only_dots(inner));
  if (!is_below) {
    if (!chooser->found)
      keep_near(&chooser->place, name, is_folder);
    return false;
  }
  chooser->found = true;
  keep_first(&chooser->below, inner, is_folder);
  if (is_only_dots(inner)) /* the folder itself: made anyway */
    return chooser->count == 0;
  return take_wish(chooser, inner, is_folder);
}

bool dm_archive_chooser_wants(const struct dm_archive_chooser *chooser, const char *name) {
  const char *inner = behind_subpath(chooser, name);
  bool wanted = inner != NULL && chooser->count == 0;
  for (size_t i = 0; i < chooser->count && inner != NULL && !wanted; i++)
    wanted = dm_glob_matches(chooser->wishes[i].glob, inner, false);
  return wanted;
}

const char *dm_archive_chooser_below(const struct dm_archive_chooser *chooser, const char *clean) {
  const char *inner = behind_subpath(chooser, clean);
  return inner != NULL ? inner + strspn(inner, "/") : NULL;
}

/* Writes "there are 'a', 'b/', …". */
static void show_first(const struct first_names *first, char *text, size_t capacity) {
  char shown[SHOWN];
  size_t used = (size_t)snprintf(text, capacity, "%s",
                                 first->count == 0   ? "there are no members"
                                 : first->count == 1 ? "there is "
                                                     : "there are ");
  for (size_t i = 0; i < first->count && used < capacity; i++)
    used +=
        (size_t)snprintf(text + used, capacity - used, "%s'%s'", i > 0 ? ", " : "",
                         dm_printable_text(shown, sizeof shown, first->names[i], strlen(first->names[i])));
  if (first->more && used < capacity)
    (void)snprintf(text + used, capacity - used, ", …");
}

static void show_there(const struct wish *wish, const struct first_names *first, char *text,
                       size_t capacity) {
  char shown[SHOWN];
  if (wish->near == NULL)
    show_first(first, text, capacity);
  else
    (void)snprintf(text, capacity, "there is '%s'",
                   dm_printable_text(shown, sizeof shown, wish->near, strlen(wish->near)));
}

int dm_archive_chooser_check(const struct dm_archive_chooser *chooser, const char *subject,
                             struct dm_error *err) {
  char there[(FIRST + 1) * SHOWN];
  char wanted[SHOWN];
  char place[SHOWN];
  (void)dm_printable_text(place, sizeof place, chooser->subpath, strlen(chooser->subpath));
  if (!chooser->found && chooser->subpath[0] != '\0') {
    show_there(&chooser->place, &chooser->root, there, sizeof there);
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: nothing below '%s' (%s)", subject, place, there);
  }
  for (size_t i = 0; i < chooser->count; i++) {
    const struct wish *wish = &chooser->wishes[i];
    if (wish->found)
      continue;
    const char *text = dm_glob_text(wish->glob);
    bool in_root = chooser->subpath[0] == '\0';
    show_there(wish, &chooser->below, there, sizeof there);
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: no member %s'%s'%s%s%s (%s)", subject,
                        dm_glob_is_wild(wish->glob) ? "that matches " : "",
                        dm_printable_text(wanted, sizeof wanted, text, strlen(text)),
                        in_root ? "" : " below '", in_root ? "" : place, in_root ? "" : "'", there);
  }
  return 0;
}

static void close_first(struct first_names *first) {
  for (size_t i = 0; i < first->count; i++)
    free(first->names[i]);
}

static void close_wish(struct wish *wish) {
  dm_glob_close(wish->glob);
  free(wish->near);
}

void dm_archive_chooser_close(struct dm_archive_chooser *chooser) {
  if (chooser == NULL)
    return;
  close_first(&chooser->root);
  close_first(&chooser->below);
  close_wish(&chooser->place);
  for (size_t i = 0; i < chooser->count; i++)
    close_wish(&chooser->wishes[i]);
  free(chooser);
}
