/* Module datamaestro.api.regex: POSIX extended regular expressions, for searches. */
#include <lauxlib.h>
#include <lua.h>
#include <regex.h>
#include <stdbool.h>
#include <string.h>

#include "lua_util.h"

#define REGEX "datamaestro.regex"

/* Bytes. glibc's compiler needs memory that grows with the pattern, so a bound must stand. */
enum { PATTERN_MAXIMUM = 1000 };

struct regex {
  bool open;
  regex_t compiled;
};

/* Length of a bracket expression's opening: "[", "[^", with a "]" that stands first for itself. */
static size_t bracket_opening(const char *pattern) {
  size_t length = pattern[1] == '^' ? 2 : 1;
  return length + (pattern[length] == ']');
}

/* Pushes `pattern` with `\d` and `\D`, which POSIX does not know, spelt out. */
static const char *push_posix(lua_State *L, const char *pattern) {
  luaL_Buffer buffer;
  bool bracket = false;
  luaL_buffinit(L, &buffer);
  while (*pattern != '\0') {
    size_t length = 1;
    const char *spelt = NULL;
    if (pattern[0] == '\\' && pattern[1] != '\0') {
      length = 2;
      if (pattern[1] == 'd')
        spelt = bracket ? "0-9" : "[0-9]";
      else if (pattern[1] == 'D' && !bracket)
        spelt = "[^0-9]";
      else if (bracket) /* a backslash stands for itself there */
        length = 1;
    } else if (!bracket && pattern[0] == '[') {
      length = bracket_opening(pattern);
      bracket = true;
    } else if (pattern[0] == ']')
      bracket = false;
    if (spelt != NULL)
      luaL_addstring(&buffer, spelt);
    else
      luaL_addlstring(&buffer, pattern, length);
    pattern += length;
  }
  luaL_pushresult(&buffer);
  return lua_tostring(L, -1);
}

static int fail_pattern(lua_State *L, const char *pattern, const char *problem) {
  struct dm_error err;
  (void)dm_error_set(&err, DM_ERROR_USAGE, "%s: %s (regular expression expected)", pattern, problem);
  return dm_lua_fail(L, &err);
}

/* regex.compile(pattern) → handle with :match(string), case-insensitive | nil, message, code
 * ("usage"). `\d` is a digit. */
static int regex_compile(lua_State *L) {
  char problem[256];
  size_t length = 0;
  const char *pattern = luaL_checklstring(L, 1, &length);
  if (length > PATTERN_MAXIMUM || strlen(pattern) != length)
    return fail_pattern(L, "search",
                        length > PATTERN_MAXIMUM ? "too long a pattern" : "pattern with a zero byte");
  const char *posix = push_posix(L, pattern);
  struct regex *regex = lua_newuserdatauv(L, sizeof *regex, 0);
  regex->open = false;
  luaL_setmetatable(L, REGEX);
  int status = regcomp(&regex->compiled, posix, REG_EXTENDED | REG_ICASE | REG_NOSUB);
  if (status != 0) {
    (void)regerror(status, &regex->compiled, problem, sizeof problem);
    return fail_pattern(L, pattern, problem);
  }
  regex->open = true;
  return 1;
}

/* regex:match(string) → boolean: the pattern occurs somewhere in it. */
static int regex_match(lua_State *L) {
  struct regex *regex = luaL_checkudata(L, 1, REGEX);
  size_t length = 0;
  const char *subject = luaL_checklstring(L, 2, &length);
  luaL_argcheck(L, regex->open, 1, "closed");
  regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)length};
  lua_pushboolean(L, regexec(&regex->compiled, subject, 1, &range, REG_STARTEND) == 0);
  return 1;
}

/* regex:close(): frees it; again is fine. */
static int regex_close(lua_State *L) {
  struct regex *regex = luaL_checkudata(L, 1, REGEX);
  if (regex->open)
    regfree(&regex->compiled);
  regex->open = false;
  return 0;
}

DM_LUA_MODULE int luaopen_datamaestro_api_regex(lua_State *L);

int luaopen_datamaestro_api_regex(lua_State *L) {
  static const luaL_Reg functions[] = {{"compile", regex_compile}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", regex_close}, {"__close", regex_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"match", regex_match}, {"close", regex_close}, {NULL, NULL}};
  dm_lua_class(L, REGEX, metamethods, methods);
  luaL_newlib(L, functions);
  return 1;
}
