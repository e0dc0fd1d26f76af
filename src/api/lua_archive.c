/* Module datamaestro.api.archive: what compressed files and archives hold. */
#include <string.h>

#include "archive_fields.h"
#include "datamaestro/decode.h"
#include "datamaestro/source.h"
#include "rewrite_fields.h"

#define DECODING "datamaestro.decoding"

enum { REQUEST = 1, PROGRESS = 2 }; /* stack slots: the table of arguments, a function or nil */
enum { BEAT_SLOTS = 10 };           /* Lua slots that a beat needs */
enum { HEAD_SIZE = 64 * 1024 }; /* bytes of a file to tell its format by: skippable frames may come first */

/* What archive.decode must not leave behind, whatever raises. */
struct decoding {
  struct dm_source *source;
  struct dm_decode *decode;
};

static const char *need_string(lua_State *L, const char *name) {
  const char *value = dm_lua_field_string(L, REQUEST, name, NULL);
  if (value == NULL)
    luaL_error(L, "field '%s': nil (string expected)", name);
  return value;
}

static uint64_t check_count(lua_State *L, const char *name, uint64_t fallback) {
  if (lua_getfield(L, REQUEST, name) == LUA_TNIL) {
    lua_pop(L, 1);
    return fallback;
  }
  lua_pop(L, 1);
  lua_Integer count = dm_lua_field_integer(L, REQUEST, name, -1);
  if (count < 0)
    luaL_error(L, "field '%s': %I (0 or more expected)", name, (LUAI_UACINT)count);
  return (uint64_t)count;
}

/* The format named by `format`, or -1 when it is to be told from the data. */
static int check_format(lua_State *L) {
  const char *name = dm_lua_field_string(L, REQUEST, "format", NULL);
  if (name == NULL)
    return -1;
  int format = dm_decode_find(name);
  if (format < 0)
    luaL_error(L, "field 'format': '%s' (gzip, bzip2, xz, zstd or lz4 expected)", name);
  return format;
}

static int recognise(struct dm_source *source, const char *path, struct dm_error *err) {
  unsigned char head[HEAD_SIZE];
  size_t size = 0;
  if (dm_source_peek(source, 0, head, sizeof head, &size, err) != 0)
    return -1;
  int format = dm_decode_recognise(head, size);
  return format >= 0 ? format
                     : dm_error_set(err, DM_ERROR_FORMAT,
                                    "%s: not compressed (gzip, bzip2, xz, zstd or lz4 data expected)", path);
}

static int close_decoding(lua_State *L) {
  struct decoding *decoding = luaL_checkudata(L, 1, DECODING);
  dm_decode_close(decoding->decode);
  dm_source_close(decoding->source);
  decoding->decode = NULL;
  decoding->source = NULL;
  return 0;
}

static int push_decoded(lua_State *L, const struct dm_decode *decode, uint64_t size, int format) {
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, (lua_Integer)size);
  lua_setfield(L, -2, "size");
  lua_pushstring(L, dm_decode_name((enum dm_decode_format)format));
  lua_setfield(L, -2, "format");
  if (dm_decode_garbage(decode) > 0) {
    lua_pushinteger(L, (lua_Integer)dm_decode_garbage(decode));
    lua_setfield(L, -2, "garbage");
  }
  return 1;
}

static int decode_all(struct decoding *decoding, struct dm_decode_options *options, int format,
                      const char *path, uint64_t *size, struct dm_error *err) {
  options->format = (enum dm_decode_format)format;
  if (dm_decode_open(&decoding->decode, dm_source_reader(decoding->source), options, err) != 0)
    return -1;
  return dm_decode_to_file(decoding->decode, path, size, err);
}

/* archive.decode{path =, out = [, format =, limit =, ratio =, memory =, backend =, subject = path]} →
 * {size = bytes of content, format = name [, garbage = bytes after the data, which were ignored]} | nil,
 * message, code: decodes the file `path` into the new file `out`, which is removed on failure. Without a
 * format (gzip, bzip2, xz, zstd or lz4), the data tell it. `limit` is in bytes of content (default: none),
 * `ratio` in bytes of content by byte of data (default 1000; 0: any), `memory` in bytes that the decoder may
 * take (default 20 MiB); `backend` is gzip's. */
static int archive_decode(lua_State *L) {
  struct dm_error err;
  uint64_t size = 0;
  luaL_checktype(L, REQUEST, LUA_TTABLE);
  const char *path = need_string(L, "path");
  const char *out = need_string(L, "out");
  int format = check_format(L);
  struct dm_decode_options options = {
      .subject = dm_lua_field_string(L, REQUEST, "subject", path),
      .backend = dm_lua_field_string(L, REQUEST, "backend", NULL),
      .limit = check_count(L, "limit", DM_INFLATE_NO_LIMIT),
      .ratio = check_count(L, "ratio", DM_DECODE_RATIO),
      .memory = check_count(L, "memory", 0),
  };
  struct decoding *decoding = lua_newuserdatauv(L, sizeof *decoding, 0);
  memset(decoding, 0, sizeof *decoding);
  luaL_setmetatable(L, DECODING);
  lua_toclose(L, -1);
  int status = dm_source_open(&decoding->source, path, &err);
  if (status == 0 && format < 0)
    status = format = recognise(decoding->source, options.subject, &err);
  if (status < 0 || decode_all(decoding, &options, format, out, &size, &err) != 0)
    return dm_lua_fail(L, &err);
  return push_decoded(L, decoding->decode, size, format);
}

/* archive.recognise(head) → "tar", "zip" or "7z", or the format's name when compressed data begin so, which
 * may hold a tar archive | nil. 512 bytes are enough. */
static int archive_recognise(lua_State *L) {
  size_t size = 0;
  const char *head = luaL_checklstring(L, 1, &size);
  const char *name = dm_archive_recognise(head, size);
  int format = dm_decode_recognise(head, size);
  if (name == NULL && format >= 0)
    name = dm_decode_name((enum dm_decode_format)format);
  lua_pushstring(L, name); /* nil for NULL */
  return 1;
}

/* What a beat needs of Lua. */
struct beat {
  lua_State *L;
  bool raised; /* the error value is on top of the stack */
};

/* Called where there is no progress function: a signal's hook raises in any call. */
static int do_nothing(lua_State *L) {
  (void)L;
  return 0;
}

static int beat(void *context, uint64_t bytes, struct dm_error *err) {
  struct beat *beat = context;
  lua_State *L = beat->L;
  if (lua_isnil(L, PROGRESS))
    lua_pushcfunction(L, do_nothing);
  else
    lua_pushvalue(L, PROGRESS);
  lua_pushinteger(L, (lua_Integer)bytes);
  if (lua_pcall(L, 1, 0, 0) == LUA_OK)
    return 0;
  beat->raised = true;
  return dm_error_set(err, DM_ERROR_INTERRUPTED, "stopped by the progress function");
}

static void push_progress(lua_State *L) {
  int type = lua_getfield(L, REQUEST, "progress");
  if (type != LUA_TNIL && type != LUA_TFUNCTION)
    luaL_error(L, "field 'progress': %s (function expected)", luaL_typename(L, -1));
}

/* Keeps the strings on the stack: the progress function may change the table. */
static struct dm_archive_options check_options(lua_State *L) {
  const char *path = lua_pushstring(L, need_string(L, "path"));
  return (struct dm_archive_options){
      .subject = lua_pushstring(L, dm_lua_field_string(L, REQUEST, "subject", path)),
      .path = path,
      .bytes = check_count(L, "bytes", DM_ARCHIVE_BYTES),
      .entries = check_count(L, "entries", DM_ARCHIVE_ENTRIES),
      .ratio = check_count(L, "ratio", DM_ARCHIVE_RATIO),
      .memory = check_count(L, "memory", 0),
      .collisions = dm_lua_field_boolean(L, REQUEST, "collisions", 0) != 0,
      .beat = beat,
      .choice = dm_lua_archive_choice(L, REQUEST),
  };
}

/* The same archive through the reader of its file, as if it came from elsewhere. */
static int extract_stream(struct dm_archive_options *options, struct dm_archive_report *report,
                          struct dm_error *err) {
  struct dm_source *source = NULL;
  if (dm_source_open(&source, options->path, err) != 0)
    return -1;
  options->path = NULL;
  options->source = dm_source_reader(source);
  int status = dm_archive_extract(options, report, err);
  dm_source_close(source);
  return status;
}

/* archive.check{[subpath =] [, files =]} → true | nil, message, "usage": whether archive.extract could be
 * asked for that, in some archive. */
static int archive_check(lua_State *L) {
  struct dm_error err;
  luaL_checktype(L, REQUEST, LUA_TTABLE);
  lua_settop(L, REQUEST);
  struct dm_archive_choice choice = dm_lua_archive_choice(L, REQUEST);
  if (dm_archive_choice_check(&choice, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static int push_report(lua_State *L, const struct beat *beat, int status,
                       const struct dm_archive_report *report, const struct dm_error *err) {
  if (beat->raised)
    return lua_error(L);
  if (status != 0)
    return dm_lua_fail(L, err);
  lua_createtable(L, 0, 2);
  lua_pushinteger(L, (lua_Integer)report->entries);
  lua_setfield(L, -2, "entries");
  lua_pushinteger(L, (lua_Integer)report->bytes);
  lua_setfield(L, -2, "bytes");
  return 1;
}

/* archive.extract{path =, folder = [, format = "tar", "zip" or "7z", subpath =, files = array, bytes =,
 * entries =, ratio =, memory =, collisions = false, stream = false, subject = path, progress =
 * function(bytes)]} → {entries =, bytes =} | nil, message, code: extracts an archive to the new folder, which
 * is removed on failure. `bytes` (default 2^40), `entries` (1500000) and `ratio` (bytes by byte of archive;
 * 1000, 0: any) are limits; `memory` is that of archive.decode. `format`, `subpath` and `files` choose, as
 * struct dm_archive_choice says. `collisions`: names that differ by case or Unicode form only are fine.
 * `stream` reads the file from front to back, as if it came from elsewhere. What the progress function raises
 * is raised again. */
static int archive_extract(lua_State *L) {
  struct dm_error err;
  struct dm_archive_report report;
  struct beat context = {.L = L};
  luaL_checktype(L, REQUEST, LUA_TTABLE);
  lua_settop(L, REQUEST);
  push_progress(L);
  struct dm_archive_options options = check_options(L);
  options.folder = lua_pushstring(L, need_string(L, "folder"));
  bool stream = dm_lua_field_boolean(L, REQUEST, "stream", 0) != 0;
  options.context = &context;
  luaL_checkstack(L, BEAT_SLOTS, "progress");
  int status = stream ? extract_stream(&options, &report, &err) : dm_archive_extract(&options, &report, &err);
  return push_report(L, &context, status, &report, &err);
}

/* archive.concat{path =, out = [, decode = "auto", "none" or format, lines = as of rewrite.file, format =,
 * subpath
 * =, files =, bytes =, entries =, ratio =, memory =, subject =, progress =]} → {entries =, bytes =} | nil,
 * message, code: writes the content of the archive's files, or of those chosen, one behind another to the new
 * file `out`, which is removed on failure. `decode` says how each is decoded: by its name's ending (the
 * default), not at all, or from one format. The other fields are those of archive.extract. */
static int archive_concat(lua_State *L) {
  struct dm_error err;
  struct dm_archive_report report;
  struct beat context = {.L = L};
  luaL_checktype(L, REQUEST, LUA_TTABLE);
  lua_settop(L, REQUEST);
  push_progress(L);
  const char *out = lua_pushstring(L, need_string(L, "out"));
  struct dm_concat_options options = {.archive = check_options(L),
                                      .decode = dm_lua_concat_decode(L, REQUEST)};
  options.archive.context = &context;
  options.rules = dm_lua_rewrite_rules(L, REQUEST, &options.rule_count);
  luaL_checkstack(L, BEAT_SLOTS, "progress");
  int status = dm_concat_file(&options, out, &report, &err);
  return push_report(L, &context, status, &report, &err);
}

DM_LUA_MODULE int luaopen_datamaestro_api_archive(lua_State *L);

int luaopen_datamaestro_api_archive(lua_State *L) {
  static const luaL_Reg functions[] = {{"check", archive_check},         {"concat", archive_concat},
                                       {"decode", archive_decode},       {"extract", archive_extract},
                                       {"recognise", archive_recognise}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", close_decoding}, {"__close", close_decoding}, {NULL, NULL}};
  dm_lua_class(L, DECODING, metamethods, NULL);
  luaL_newlib(L, functions);
  return 1;
}
