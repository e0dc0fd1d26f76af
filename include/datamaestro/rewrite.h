/* Lines replaced and left out while they pass: a reader of a reader.
 *
 * A line goes up to its "\n", which need not be there at the end; patterns see it without its "\n" or "\r\n",
 * which is kept. A line that becomes empty stays an empty line; only a filter takes lines out. The rules
 * apply in their order, each to what the one before made of the line.
 *
 * Patterns are PCRE2's (libpcre2 is loaded when the first one is compiled), compiled once, by its JIT where
 * there is one. A line that is UTF-8 is a sequence of characters, another one a sequence of bytes: nothing is
 * lost of text in other encodings, and `.` is a whole letter in what most text is. Replacements are text with
 * `$1`,
 * `${1}`, `$name` or `${name}` for what a group matched (nothing, where it did not take part), `$0` for all
 * of the match, `$$` for a dollar sign. All matches in a line are replaced, as by Perl's `s/…/…/g`.
 *
 * No pattern runs for long: one million steps from a place in the line, and sixteen for each byte of the
 * line, 64 MiB of memory, and in lines of over 1 KiB 10 s of the processor's time, and one more for each
 * megabyte. More is DM_ERROR with the number of the line. */
#ifndef DATAMAESTRO_REWRITE_H
#define DATAMAESTRO_REWRITE_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/reader.h"

enum {
  DM_REWRITE_LINE = 64 * 1024 * 1024, /* bytes of a line, before and after, at most: else DM_ERROR_FORMAT */
  DM_REWRITE_PATTERN = 10000,         /* bytes of a pattern, at most */
};

struct dm_rewrite_rule {
  const char *pattern;
  const char *with; /* what replaces each match; NULL: lines without a match are left out */
};

struct dm_rewrite; /* owns its patterns; freed by dm_rewrite_close */

/* Compiles rules. A pattern that is none is DM_ERROR_USAGE: "'PATTERN': why at PLACE (…)", the place in bytes
 * from 1; and so is a replacement with a group that the pattern has not. The rules stay the caller's. */
int dm_rewrite_open(struct dm_rewrite **rewrite, const struct dm_rewrite_rule *rules, size_t count,
                    struct dm_error *err);

/* Begins with the first line of a source, which stays the caller's and must live as long as it is read.
 * `subject` (copied) names it in errors: "SUBJECT: line 12: …". */
int dm_rewrite_begin(struct dm_rewrite *rewrite, struct dm_reader *source, const char *subject,
                     struct dm_error *err);

/* The lines of what was begun last. Owned by `rewrite`. */
struct dm_reader *dm_rewrite_reader(struct dm_rewrite *rewrite);

/* Frees; NULL is fine. */
void dm_rewrite_close(struct dm_rewrite *rewrite);

/* Rewrites the file `path` to the new file `out`, which is removed on failure. It is on disk when this
 * returns.
 */
int dm_rewrite_file(const char *path, const char *out, const struct dm_rewrite_rule *rules, size_t count,
                    uint64_t *size, struct dm_error *err);

#endif
