--- Pages where data are expected: logins, errors, lists of files.
local pages = {}

--- Whether bytes are the beginning of a page.
-- @param head string
-- @return boolean
function pages.is_page(head)
  local text = head:gsub("^\239\187\191", ""):match "^%s*(.*)$":lower()
  return text:find "^<!doctype html" ~= nil or text:find "^<html[%s>]" ~= nil
end

--- Whether what is called so may be a page.
-- @param name string: of a file
-- @return boolean
function pages.may_be(name)
  return name:lower():find "%.x?html?$" ~= nil
end

return pages
