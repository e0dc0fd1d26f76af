/* Module datamaestro.api.lines: lines of text in any encoding, and a JSON value a line.
 *
 * Options, all of them optional: `encoding` ("utf-8"; what iconv knows) and `source` (a stream of
 * datamaestro.api.stream, read instead of the file). Lines end with LF or CRLF. */
#include "datamaestro/lines.h"

#include <inttypes.h>
#include <string.h>

#include "datamaestro/json.h"
#include "datamaestro/text.h"
#include "lua_util.h"
#include "stream_handle.h"

#define READER "datamaestro.lines"
#define JSON_READER "datamaestro.lines.json"

enum {
  TEXT_SIZE = 1 << 16, /* bytes after which reader:text gives what it has */
  LINES_AT_ONCE = 1 << 16,
  SHAPES_MAXIMUM = 1000, /* orders of keys that are remembered at a time */
};

/* User values of a reader of JSON: what keeps the bytes alive, and how its tables are made. */
enum { KEPT = 1, SHAPES, MAKE, EMPTY_ARRAY };

struct reader {
  struct dm_lines lines;
  struct dm_text copy; /* of a line, to be unescaped in place */
  struct dm_text text;
};

/* reader:close() → nothing: closes the file; closed is fine. Also by `<close>` and by the collector. */
static int reader_close(lua_State *L) {
  struct reader *reader = luaL_testudata(L, 1, READER);
  if (reader == NULL)
    reader = luaL_checkudata(L, 1, JSON_READER);
  dm_lines_close(&reader->lines);
  dm_text_close(&reader->copy);
  dm_text_close(&reader->text);
  return 0;
}

static struct reader *check_reader(lua_State *L, const char *class) {
  struct reader *reader = luaL_checkudata(L, 1, class);
  luaL_argcheck(L, reader->lines.path != NULL, 1, "closed reader (open reader expected)");
  return reader;
}

/* Pushes a reader of the file and with the options at arguments 1 and 2: 1, or what dm_lua_fail gives. */
static int open_reader(lua_State *L, const char *class) {
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
  struct reader *reader = lua_newuserdatauv(L, sizeof *reader, EMPTY_ARRAY);
  *reader = (struct reader){.lines.path = NULL};
  luaL_setmetatable(L, class);
  lua_insert(L, -2);
  (void)lua_setiuservalue(L, -2, KEPT);
  if (dm_lines_open(&reader->lines, path, source, encoding, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* lines.open(path, options) → reader, to-be-closed | nil, message, code: "unknown" when missing, "format"
 * when it is no file, "usage" for an unknown encoding. */
static int lines_open(lua_State *L) {
  return open_reader(L, READER);
}

/* reader:line() → string, UTF-8, without the end of the line | nil at the end | nil, message, "format":
 * "PATH:LINE:COLUMN: …", and so at each further call. */
static int reader_line(lua_State *L) {
  struct dm_error err;
  struct dm_line line;
  struct reader *reader = check_reader(L, READER);
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

/* Pushes the iterator of `next` over the reader on top of the stack, which is closed when the loop ends. */
static int push_loop(lua_State *L, lua_CFunction next) {
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
  return lines_open(L) == 1 ? push_loop(L, next_line) : dm_lua_raise(L);
}

static int look_up(lua_State *L) {
  (void)L;
  return 0;
}

/* reader:skip(count) → integer: lines left out, fewer than `count` only at the end | nil, message, "format".
 */
static int reader_skip(lua_State *L) {
  struct dm_error err;
  struct dm_line line;
  struct reader *reader = luaL_testudata(L, 1, JSON_READER);
  if (reader == NULL)
    reader = luaL_checkudata(L, 1, READER);
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

/* What was gathered, how much it is, and what ended it. */
static int push_gathered(lua_State *L, struct reader *reader, int status, lua_Integer count,
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
  struct reader *reader = check_reader(L, READER);
  int form = luaL_checkoption(L, 2, NULL, forms);
  lua_Integer limit = luaL_checkinteger(L, 3);
  lua_Integer count = 0;
  int status = 1;
  while (count < limit && reader->text.size < TEXT_SIZE &&
         (status = dm_lines_next(&reader->lines, &line, &err)) > 0) {
    add_line(&reader->text, &line, (enum form)form);
    count++;
  }
  return push_gathered(L, reader, status, count, &err);
}

/* lines.json(path, options, make, empty) → reader of JSON values, a line each, as lines.open. `make(keys)`
 * gives the metatable of an object whose keys stood in that order (array of strings; objects alike get the
 * same one); `empty` is the metatable of arrays without items. */
static int lines_json(lua_State *L) {
  luaL_checktype(L, 3, LUA_TFUNCTION);
  luaL_checktype(L, 4, LUA_TTABLE);
  lua_settop(L, 4);
  int count = open_reader(L, JSON_READER);
  if (count != 1)
    return count;
  lua_newtable(L);
  (void)lua_setiuservalue(L, -2, SHAPES);
  lua_pushvalue(L, 3);
  (void)lua_setiuservalue(L, -2, MAKE);
  lua_pushvalue(L, 4);
  (void)lua_setiuservalue(L, -2, EMPTY_ARRAY);
  return 1;
}

static int push_value(lua_State *L, struct dm_json *json, enum dm_json_event event);

static int push_array(lua_State *L, struct dm_json *json) {
  enum dm_json_event event = DM_JSON_END;
  lua_Integer count = 0;
  lua_newtable(L);
  while ((event = dm_json_next(json)) != DM_JSON_ARRAY_END) {
    if (push_value(L, json, event) != 0)
      return -1;
    lua_rawseti(L, -2, ++count);
  }
  if (count == 0) {
    (void)lua_getiuservalue(L, 1, EMPTY_ARRAY);
    (void)lua_setmetatable(L, -2);
  }
  return 0;
}

/* Sets the metatable of the table below the array of keys on top of the stack, which it takes. What is the
 * same for many rows is made once: the keys' lengths and bytes name it. */
static void set_shape(lua_State *L, lua_Integer count) {
  luaL_Buffer name;
  const int keys = lua_gettop(L);
  luaL_buffinit(L, &name);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, keys, i);
    size_t size = lua_rawlen(L, -1);
    luaL_addvalue(&name);
    luaL_addlstring(&name, (const char *)&size, sizeof size);
  }
  luaL_pushresult(&name);
  (void)lua_getiuservalue(L, 1, SHAPES);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    (void)lua_getiuservalue(L, 1, MAKE);
    lua_pushvalue(L, keys);
    lua_call(L, 1, 1);
    lua_pushvalue(L, keys + 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, keys + 2);
    lua_Integer known = 0;
    lua_rawgeti(L, keys + 2, 0);
    known = lua_tointeger(L, -1) + 1;
    lua_pop(L, 1);
    if (known > SHAPES_MAXIMUM) { /* as many orders as rows: none is worth keeping */
      lua_newtable(L);
      (void)lua_setiuservalue(L, 1, SHAPES);
    } else {
      lua_pushinteger(L, known);
      lua_rawseti(L, keys + 2, 0);
    }
  }
  (void)lua_setmetatable(L, keys - 1);
  lua_settop(L, keys - 1);
}

static int push_object(lua_State *L, struct dm_json *json) {
  enum dm_json_event event = DM_JSON_END;
  lua_Integer count = 0;
  lua_newtable(L);
  lua_newtable(L); /* its keys in order */
  while ((event = dm_json_next(json)) == DM_JSON_KEY) {
    lua_pushlstring(L, json->string, json->string_size);
    lua_pushvalue(L, -1);
    bool is_new = lua_rawget(L, -4) == LUA_TNIL;
    lua_pop(L, 1);
    if (is_new) { /* of a key that stands twice the last value counts, at the first one's place */
      lua_pushvalue(L, -1);
      lua_rawseti(L, -3, ++count);
    }
    if (push_value(L, json, dm_json_next(json)) != 0)
      return -1;
    lua_rawset(L, -4);
  }
  if (event != DM_JSON_OBJECT_END)
    return -1;
  set_shape(L, count);
  return 0;
}

/* Pushes the value that begins with an event; -1 where the text is wrong, with anything on the stack. */
static int push_value(lua_State *L, struct dm_json *json, enum dm_json_event event) {
  luaL_checkstack(L, LUA_MINSTACK, "nested JSON");
  switch (event) {
  case DM_JSON_NULL:
    lua_pushlightuserdata(L, NULL);
    return 0;
  case DM_JSON_FALSE:
  case DM_JSON_TRUE:
    lua_pushboolean(L, event == DM_JSON_TRUE);
    return 0;
  case DM_JSON_INTEGER:
    lua_pushinteger(L, json->integer);
    return 0;
  case DM_JSON_REAL:
    lua_pushnumber(L, json->real);
    return 0;
  case DM_JSON_STRING:
    lua_pushlstring(L, json->string, json->string_size);
    return 0;
  case DM_JSON_ARRAY:
    return push_array(L, json);
  case DM_JSON_OBJECT:
    return push_object(L, json);
  default:
    return -1;
  }
}

static int fail_json(const struct reader *reader, const struct dm_json *json, struct dm_error *err) {
  const char *path = reader->lines.path != NULL ? reader->lines.path : "closed"; /* by a finalizer */
  return dm_error_set(err, DM_ERROR_FORMAT, "%s:%" PRIu64 ":%zu: %s", path, reader->lines.line,
                      json->problem_at + 1, json->problem != NULL ? json->problem : "no JSON value");
}

static bool is_blank(const struct dm_line *line) {
  for (size_t i = 0; i < line->size; i++)
    if (line->bytes[i] != ' ' && line->bytes[i] != '\t' && line->bytes[i] != '\r')
      return false;
  return true;
}

/* Reads on to a line with something in it: a copy of it, and one more byte, is in `reader->copy`. */
static int next_json(struct reader *reader, struct dm_line *line, struct dm_error *err) {
  int status = 1;
  do
    status = dm_lines_next(&reader->lines, line, err);
  while (status > 0 && is_blank(line));
  if (status <= 0)
    return status;
  reader->copy.size = 0;
  dm_text_put(&reader->copy, line->bytes, line->size);
  dm_text_put(&reader->copy, "", 1);
  return reader->copy.failed ? dm_error_set(err, DM_ERROR, "%s: not enough memory", reader->lines.path) : 1;
}

/* reader:row() → the next line's value | nil at the end | nil, message, "format": "PATH:LINE:COLUMN: …", the
 * column in bytes; the next call then gives the line behind it. Objects are tables whose pairs keep the order
 * of the text, arrays tables from 1 on, null is json.null; numbers without point and exponent are integers
 * where 64 bits hold them. Lines of spaces are left out. */
static int json_row(lua_State *L) {
  struct dm_error err;
  struct dm_line line;
  struct dm_json json;
  struct reader *reader = check_reader(L, JSON_READER);
  int status = next_json(reader, &line, &err);
  if (status == 0) {
    lua_pushnil(L);
    return 1;
  }
  if (status < 0)
    return dm_lua_fail(L, &err);
  const struct dm_text own =
      reader->copy; /* a finalizer may read on meanwhile; an error raised here leaks it */
  reader->copy = (struct dm_text){.bytes = NULL};
  lua_settop(L, 1);
  dm_json_start(&json, own.bytes, own.size - 1);
  bool is_right = push_value(L, &json, dm_json_next(&json)) == 0 && dm_json_next(&json) == DM_JSON_END;
  dm_text_close(&reader->copy);
  reader->copy = own;
  if (is_right)
    return 1;
  (void)fail_json(reader, &json, &err);
  return dm_lua_fail(L, &err);
}

static int next_row(lua_State *L) {
  lua_settop(L, 1);
  return json_row(L) == 1 ? 1 : dm_lua_raise(L);
}

/* reader:rows() → iterator of reader:row(), closed when its loop ends; raises a table of `message` and `code`
 * where that fails. */
static int json_rows(lua_State *L) {
  (void)check_reader(L, JSON_READER);
  lua_settop(L, 1);
  return push_loop(L, next_row);
}

/* reader:text(count) → string, integer: the next values as the lines that they stand on, checked, `count` at
 * most but no more than some 64 KiB, and how many they are; 0 at the end | nil, message, "format", string:
 * what was read before. */
static int json_text(lua_State *L) {
  struct dm_error err;
  struct dm_line line;
  struct dm_json json;
  struct reader *reader = check_reader(L, JSON_READER);
  lua_Integer limit = luaL_checkinteger(L, 2);
  lua_Integer count = 0;
  int status = 1;
  while (count < limit && reader->text.size < TEXT_SIZE && (status = next_json(reader, &line, &err)) > 0) {
    enum dm_json_event event = DM_JSON_NULL;
    dm_json_start(&json, reader->copy.bytes, reader->copy.size - 1);
    while ((event = dm_json_next(&json)) != DM_JSON_END && event != DM_JSON_WRONG)
      ;
    if (event == DM_JSON_WRONG) {
      status = fail_json(reader, &json, &err);
      break;
    }
    add_line(&reader->text, &line, FORM_RAW);
    count++;
  }
  return push_gathered(L, reader, status, count, &err);
}

DM_LUA_MODULE int luaopen_datamaestro_api_lines(lua_State *L);

int luaopen_datamaestro_api_lines(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"open", lines_open}, {"lines", lines_lines}, {"json", lines_json}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", reader_close}, {"__close", reader_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"line", reader_line},
                                     {"skip", reader_skip},
                                     {"text", reader_text},
                                     {"close", reader_close},
                                     {NULL, NULL}};
  static const luaL_Reg json_methods[] = {{"row", json_row},   {"rows", json_rows},     {"skip", reader_skip},
                                          {"text", json_text}, {"close", reader_close}, {NULL, NULL}};
  dm_lua_class(L, READER, metamethods, methods);
  dm_lua_class(L, JSON_READER, metamethods, json_methods);
  luaL_newlib(L, functions);
  return 1;
}
