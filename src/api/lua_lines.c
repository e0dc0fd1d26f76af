/* Module datamaestro.api.lines: lines of text in any encoding, and a JSON value a line.
 *
 * Options, all of them optional: `encoding` ("utf-8"; what iconv knows) and `source` (a stream of
 * datamaestro.api.stream, read instead of the file). Lines end with LF or CRLF. */
#include <string.h>

#include "lines_handle.h"
#include "lua_util.h"
#include "stream_handle.h"

enum { LINES_AT_ONCE = 1 << 16 /* between two looks whether Ctrl-C was pressed */ };

/* reader:close() → nothing: closes the file; closed is fine. Also by `<close>` and by the collector. */
int dm_lua_lines_close(lua_State *L) {
  struct dm_lua_lines *reader = luaL_testudata(L, 1, DM_LUA_LINES);
  if (reader == NULL)
    reader = luaL_checkudata(L, 1, DM_LUA_JSON);
  dm_lines_close(&reader->lines);
  dm_text_close(&reader->copy);
  dm_text_close(&reader->text);
  return 0;
}

struct dm_lua_lines *dm_lua_lines_check(lua_State *L, const char *class) {
  struct dm_lua_lines *reader = luaL_checkudata(L, 1, class);
  luaL_argcheck(L, reader->lines.path != NULL, 1, "closed reader (open reader expected)");
  return reader;
}

int dm_lua_lines_open(lua_State *L, const char *class) {
  struct dm_error err;
  const char *encoding = "utf-8";
  struct dm_reader *source = NULL;
  const char *path = luaL_checkstring(L, 1);
  if (lua_isnoneornil(L, 2))
    lua_pushnil(L);
  else {
    luaL_checktype(L, 2, LUA_TTABLE);
    encoding = dm_lua_field_string(L, 2, "encoding", encoding);
    source = dm_lua_stream_field(L, 2);
  }
  struct dm_lua_lines *reader = lua_newuserdatauv(L, sizeof *reader, DM_LINES_EMPTY);
  *reader = (struct dm_lua_lines){.lines.path = NULL};
  luaL_setmetatable(L, class);
  lua_insert(L, -2);
  (void)lua_setiuservalue(L, -2, DM_LINES_KEPT);
  if (dm_lines_open(&reader->lines, path, source, encoding, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* lines.open(path, options) → reader, to-be-closed | nil, message, code: "unknown" when missing, "format"
 * when it is no file, "usage" for an unknown encoding. */
static int lines_open(lua_State *L) {
  return dm_lua_lines_open(L, DM_LUA_LINES);
}

/* reader:line() → string, UTF-8, without the end of the line | nil at the end | nil, message, "format":
 * "PATH:LINE:COLUMN: …", and so at each further call. */
static int reader_line(lua_State *L) {
  struct dm_error err;
  struct dm_line line;
  struct dm_lua_lines *reader = dm_lua_lines_check(L, DM_LUA_LINES);
  int status = dm_lines_next(&reader->lines, &line, &err);
  if (status < 0)
    return dm_lua_fail(L, &err);
  if (status > 0)
    lua_pushlstring(L, line.bytes, line.size); /* copied before a finalizer may read on */
  else
    lua_pushnil(L);
  return 1;
}

static int next_line(lua_State *L) {
  lua_settop(L, 1);
  return reader_line(L) == 1 ? 1 : dm_lua_raise(L);
}

int dm_lua_lines_loop(lua_State *L, lua_CFunction next) {
  lua_pushcfunction(L, next);
  lua_insert(L, -2);
  lua_pushnil(L);
  lua_pushvalue(L, -2);
  return 4;
}

/* lines.lines(path, options) → iterator of strings, closed when its loop ends; raises a table of `message`
 * and `code` where the file cannot be opened or is no text in its encoding. */
static int lines_lines(lua_State *L) {
  lua_settop(L, 2);
  return lines_open(L) == 1 ? dm_lua_lines_loop(L, next_line) : dm_lua_raise(L);
}

static int look_up(lua_State *L) {
  (void)L;
  return 0;
}

/* reader:skip(count) → integer: lines left out, fewer than `count` only at the end | nil, message, "format".
 */
int dm_lua_lines_skip(lua_State *L) {
  struct dm_error err;
  struct dm_line line;
  struct dm_lua_lines *reader = luaL_testudata(L, 1, DM_LUA_JSON);
  if (reader == NULL)
    reader = luaL_checkudata(L, 1, DM_LUA_LINES);
  luaL_argcheck(L, reader->lines.path != NULL, 1, "closed reader (open reader expected)");
  lua_Integer count = luaL_checkinteger(L, 2);
  lua_Integer skipped = 0;
  int status = 1;
  while (skipped < count && (status = dm_lines_next(&reader->lines, &line, &err)) > 0)
    if (++skipped % LINES_AT_ONCE == 0) { /* where Ctrl-C set a hook, calling anything raises */
      lua_pushcfunction(L, look_up);
      lua_call(L, 0, 0);
    }
  if (status < 0)
    return dm_lua_fail(L, &err);
  lua_pushinteger(L, skipped);
  return 1;
}

enum form { FORM_RAW, FORM_JSONL, FORM_CSV };

static void add_line(struct dm_text *text, const struct dm_line *line, enum form form) {
  if (form == FORM_JSONL)
    dm_text_json_string(text, line->bytes, line->size);
  else if (form == FORM_CSV)
    dm_text_csv_field(text, line->bytes, line->size, true);
  else
    dm_text_put(text, line->bytes, line->size);
  dm_text_put(text, "\n", 1);
}

int dm_lua_lines_gathered(lua_State *L, struct dm_lua_lines *reader, int status, lua_Integer count,
                          struct dm_error *err) {
  struct dm_text *text = &reader->text;
  if (status >= 0 && text->failed)
    status = dm_error_set(err, DM_ERROR, "%s: not enough memory", reader->lines.path);
  if (status < 0)
    (void)dm_lua_fail(L, err);
  lua_pushlstring(L, text->bytes, text->size);
  text->size = 0;
  if (status < 0)
    return 4;
  lua_pushinteger(L, count);
  return 2;
}

/* reader:text(form, count) → string, integer: the next lines, `count` at most but no more than some 64 KiB,
 * as "raw" (as they are, in UTF-8), "jsonl" (JSON strings) or "csv" (fields), and how many they are; 0 at the
 * end | nil, message, "format", string: what was read before. */
static int reader_text(lua_State *L) {
  static const char *const forms[] = {"raw", "jsonl", "csv", NULL};
  struct dm_error err;
  struct dm_line line;
  struct dm_lua_lines *reader = dm_lua_lines_check(L, DM_LUA_LINES);
  int form = luaL_checkoption(L, 2, NULL, forms);
  lua_Integer limit = luaL_checkinteger(L, 3);
  lua_Integer count = 0;
  int status = 1;
  while (count < limit && reader->text.size < DM_LINES_TEXT &&
         (status = dm_lines_next(&reader->lines, &line, &err)) > 0) {
    add_line(&reader->text, &line, (enum form)form);
    count++;
  }
  return dm_lua_lines_gathered(L, reader, status, count, &err);
}

DM_LUA_MODULE int luaopen_datamaestro_api_lines(lua_State *L);

int luaopen_datamaestro_api_lines(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", lines_open}, {"lines", lines_lines}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {
      {"__gc", dm_lua_lines_close}, {"__close", dm_lua_lines_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"line", reader_line},
                                     {"skip", dm_lua_lines_skip},
                                     {"text", reader_text},
                                     {"close", dm_lua_lines_close},
                                     {NULL, NULL}};
  dm_lua_class(L, DM_LUA_LINES, metamethods, methods);
  dm_lua_class(L, DM_LUA_JSON, metamethods, dm_lua_json_methods);
  luaL_newlib(L, functions);
  luaL_setfuncs(L, dm_lua_json_functions, 0);
  return 1;
}
