-- The mark that a placeholder bears in its comment: cloister:1:<project>:<lease>:<attempt>.
-- Decimal, no leading zeros, from 1 to 2^31 - 1. Anything else is not a mark.
local function number(text)
   if not text:find("^[1-9]%d*$") or #text > 10 then return nil end
   if tonumber(text) > 2147483647 then return nil end
   return text
end

-- The three numbers as they stand in the comment (strings of digits), or nil.
return function(comment)
   if type(comment) ~= "string" then return nil end
   local project, lease, attempt = comment:match("^cloister:1:(%d+):(%d+):(%d+)$")
   if not project then return nil end
   project, lease, attempt = number(project), number(lease), number(attempt)
   if not (project and lease and attempt) then return nil end
   return project, lease, attempt
end
