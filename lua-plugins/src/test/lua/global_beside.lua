-- Cloister beside a site's own files: the examples, with our line and without it.
local BACKEND = 5000.0
CLOISTER_FOLDER = SCRATCH .. "/slurm"
local GATE, SITE = SCRATCH .. "/gate", SCRATCH .. "/site"
SITE_FULL = SCRATCH .. "/full"
local LINE = 'dofile("/etc/slurm/cloister_beside.lua")("sealed")'
local SHARED = 'return { backend_uids = { 5000 }, gate = "' .. GATE .. '", partitions = { "sealed" } }'
local PARTITIONS = { sealed = { flag_default = 0.0 }, open = { flag_default = 1.0 }, test = { flag_default = 0.0 } }
local FILES = { "job_submit.lua", "burst_buffer.lua", "jobcomp.lua" }

local function fresh()
   shell("rm -rf " .. CLOISTER_FOLDER .. " " .. GATE .. " " .. SITE .. " " .. SITE_FULL)
   shell("mkdir -p " .. CLOISTER_FOLDER .. " " .. SITE .. " " .. GATE .. "/asked " .. GATE .. "/answers " .. GATE .. "/usage")
   shell("cp " .. PLUGINS .. "/global/cloister_*.lua " .. CLOISTER_FOLDER)
   put(CLOISTER_FOLDER .. "/cloister.lua", SHARED)
   put(GATE .. "/answers/heartbeat", string.format("%d\n", os.time()))
   for _, name in ipairs(FILES) do
      local text = get(PLUGINS .. "/example/" .. name)
      local first, last = text:find(LINE, 1, true)
      assert(first, name .. " has our line")
      put(SITE .. "/alone-" .. name, text:sub(1, first - 1) .. text:sub(last + 1))
      local beside = text:sub(1, first - 1) .. 'dofile("' .. CLOISTER_FOLDER .. '/cloister_beside.lua")("sealed")' .. text:sub(last + 1)
      put(SITE .. "/" .. name, beside)
   end
end

local function clear()
   for _, name in ipairs({ "slurm_job_submit", "slurm_job_modify", "slurm_bb_pre_run", "slurm_bb_job_teardown", "slurm_jobcomp_log_record" }) do _G[name] = nil end
end
local function load_all(prefix)
   clear()
   for _, name in ipairs(FILES) do dofile(SITE .. "/" .. prefix .. name) end
end

-- What one job of a stranger gets to see: codes, what it became, and every word that was said.
local function described(fields)
   local keys, parts = {}, {}
   for key in pairs(fields) do keys[#keys + 1] = key end
   table.sort(keys)
   for _, key in ipairs(keys) do parts[#parts + 1] = key .. "=" .. tostring(fields[key]) end
   return table.concat(parts, " ")
end
local function life_of(job, uid)
   local seen = {}
   unsay()
   local submitted = with(job)
   seen[1] = tostring(slurm_job_submit(submitted, PARTITIONS, uid)) .. " " .. described(submitted)
   local record = with(submitted, { user_id = uid, job_id = 900.0, submit_time = 1700000000.0 })
   for _, change in ipairs({ { priority = 0.0 }, { comment = "x" }, { time_limit = 5.0 }, { requeue = 1.0 }, { dependency = "afterok:1" } }) do
      seen[#seen + 1] = tostring(slurm_job_modify(change, record, PARTITIONS, uid)) .. " " .. described(change)
   end
   local info = { comment = job.comment, partition = job.partition or "open", restart_cnt = 0.0, nodes = "n1" }
   local code, words = slurm_bb_pre_run("900", "/script", string.format("%d", uid), "100", info)
   seen[#seen + 1] = tostring(code) .. tostring(words)
   code, words = slurm_bb_job_teardown("900", "/script", "false", "100", "100")
   seen[#seen + 1] = tostring(code) .. tostring(words)
   seen[#seen + 1] = tostring(slurm_jobcomp_log_record(record)) .. tostring(record.admin_comment)
   -- What we say of our own trouble is for the administrator's log and no business of the job's.
   local log = {}
   for line in told("log"):gmatch("[^\n]+") do
      if not (line:find("^cloister: ") and line:find("until an administrator mends") or line:find("what job 900 asked is not removed")) then log[#log + 1] = line end
   end
   return table.concat(seen, "\n") .. "\nuser: " .. told("user") .. "\nlog: " .. table.concat(log, "\n")
end

local STRANGERS = {
   plain = { partition = "open", account = "a", time_limit = 60.0 },
   without_an_account = { partition = "open", time_limit = 60.0 },
   without_a_partition = { account = "a" },
   that_the_site_refuses = { partition = "test", time_limit = 90.0 },
   that_the_site_takes = { partition = "test", time_limit = 20.0 },
   in_two_partitions = { partition = "open,test", account = "a" },
   with_a_forged_mark = { partition = "open", account = "a", comment = "cloister:1:7:12:1", name = "cloister" },
   with_a_forged_mark_and_script = { partition = "test", time_limit = 5.0, comment = "cloister:1:7:12:1", burst_buffer = "#BB_LUA cloister", script = "x" },
   with_all_that_we_refuse = { partition = "open", account = "../a", dependency = "x", licenses = "x", array_inx = "1-9", nice = 5.0, std_out = "/home/x", requeue = 1.0 },
   in_a_partition_with_a_longer_name = { partition = "sealed2", account = "a" },
}
for name, job in pairs(STRANGERS) do
   for who, uid in pairs({ a_user = 1000.0, root = 0.0 }) do
      case("the_site_alone_judges_the_job_of_" .. who .. "_" .. name, function()
         fresh()
         put(GATE .. "/usage/900.1700000000", "1 cloister:1:used:1:2:3:0\n")
         load_all("alone-")
         local alone = life_of(job, uid)
         load_all("")
         same(alone, life_of(job, uid), "life")
      end)
   end
end
case("the_site_alone_judges_while_its_own_gate_is_shut", function()
   fresh()
   put(SITE_FULL, "")
   load_all("")
   local code, words = slurm_bb_pre_run("9", "/script", "1000", "100", { comment = "cloister:1:7:12:1", partition = "open", restart_cnt = 0.0, nodes = "n1" })
   same(slurm.ERROR, code, "code")
   same("the scratch file system is full", words, "words")
end)
case("the_files_of_the_site_return_what_they_did", function()
   fresh()
   clear()
   for _, name in ipairs(FILES) do same(dofile(SITE .. "/alone-" .. name), dofile(SITE .. "/" .. name), name) end
end)

-- ---- our own partition --------------------------------------------------------------------------------------------------------------
local function placeholder(more)
   return with({ partition = "sealed", account = "p7", comment = "cloister:1:7:12:1", script = "#!/bin/sh\ntrap 'kill $!; exit 0' USR1; while :; do sleep 1000 & wait $!; done\n", time_limit = 60.0, user_id = BACKEND }, more)
end
local function denied(words, job, uid, partitions)
   same(slurm.ESLURM_ACCESS_DENIED, slurm_job_submit(job, partitions or PARTITIONS, uid), "code")
   holds(told("user"), words)
   holds(told("log"), "cloister: refused")
end
case("a_placeholder_is_judged_and_settled_by_us", function()
   fresh()
   load_all("")
   local job = placeholder()
   same(slurm.SUCCESS, slurm_job_submit(job, PARTITIONS, BACKEND), "code")
   same("#BB_LUA cloister", job.burst_buffer, "burst_buffer")
   same("cloister", job.name, "name")
end)
for name, job in pairs({ plain = { partition = "sealed", account = "a" }, in_two_partitions = { partition = "open,sealed" }, with_a_forged_mark = placeholder() }) do
   for who, uid in pairs({ a_user = 1000.0, root = 0.0 }) do
      case("the_job_of_" .. who .. "_" .. name .. "_is_refused_in_our_partition", function()
         fresh()
         load_all("")
         denied("only the Cloister backend may submit jobs here", with(job), uid)
      end)
   end
end
case("a_job_that_stands_in_our_partition_without_us_does_not_pass_the_gate", function()
   fresh()
   load_all("")
   local code, words = slurm_bb_pre_run("9", "/script", "1000", "100", { comment = "cloister:1:7:12:1", partition = "sealed", restart_cnt = 0.0, nodes = "n1" })
   same(slurm.ERROR, code, "code")
   holds(words, "not a placeholder")
   same(nil, get(GATE .. "/asked/7.12.1.9.0"), "asked")
end)
case("the_backends_uid_does_not_open_the_gate_of_another_partition", function()
   fresh()
   load_all("")
   put(GATE .. "/answers/7.12.1.9.0", "1 go ok n1\n")
   local code, words = slurm_bb_pre_run("9", "/script", "5000", "5000", { comment = "cloister:1:7:12:1", partition = "open", restart_cnt = 0.0, nodes = "n1" })
   same(slurm.ERROR, code, "code")
   holds(words, "not a placeholder")
end)
case("the_gate_opens_for_a_placeholder_whatever_the_sites_gate_says", function()
   fresh()
   put(SITE_FULL, "")
   load_all("")
   put(GATE .. "/answers/7.12.1.9.0", "1 go ok n1\n")
   same(slurm.SUCCESS, (slurm_bb_pre_run("9", "/script", "5000", "5000", { comment = "cloister:1:7:12:1", partition = "sealed", restart_cnt = 0.0, nodes = "n1" })), "code")
   same("1 n1\n", get(GATE .. "/asked/7.12.1.9.0"), "asked")
end)
case("a_teardown_is_both_ours_and_the_sites", function()
   fresh()
   load_all("")
   put(GATE .. "/asked/7.12.1.9.0", "1 n1\n")
   same(slurm.SUCCESS, (slurm_bb_job_teardown("9")), "code")
   same(nil, get(GATE .. "/asked/7.12.1.9.0"), "asked")
   holds(told("log"), "scratch of job 9 is given back")
end)
case("the_record_of_a_placeholder_says_what_it_used", function()
   fresh()
   load_all("")
   put(GATE .. "/usage/9.17", "1 cloister:1:used:1:2:3:0\n")
   local record = { user_id = BACKEND, job_id = 9.0, submit_time = 17.0, comment = "cloister:1:7:12:1", partition = "sealed" }
   same(slurm.SUCCESS, slurm_jobcomp_log_record(record), "code")
   same("cloister:1:used:1:2:3:0", record.admin_comment, "admin_comment")
end)

-- ---- whatever is wrong with our files -------------------------------------------------------------------------------------------------
local BROKEN = { missing = false, unfinished = "return function(", failing = "error('no such thing')", empty = "", of_another_kind = "return 7" }
local function breakage(file, text)
   fresh()
   if text then put(CLOISTER_FOLDER .. "/" .. file, text) else os.remove(CLOISTER_FOLDER .. "/" .. file) end
end
local IN_OURS = { comment = "cloister:1:7:12:1", partition = "sealed", restart_cnt = 0.0, nodes = "n1" }
for _, file in ipairs({ "cloister.lua", "cloister_config.lua", "cloister_mark.lua", "cloister_submit.lua", "cloister_gate.lua", "cloister_usage.lua" }) do
   for name, text in pairs(BROKEN) do
      case(file:gsub("%.", "_") .. "_" .. name .. "_leaves_strangers_alone", function()
         breakage(file, text)
         for _, job in pairs(STRANGERS) do
            load_all("alone-")
            local alone = life_of(job, 1000.0)
            load_all("")
            same(alone, life_of(job, 1000.0), "life")
         end
      end)
      if file ~= "cloister_usage.lua" and file ~= "cloister_gate.lua" then
         case(file:gsub("%.", "_") .. "_" .. name .. "_shuts_our_partition", function()
            breakage(file, text)
            load_all("")
            if not (file == "cloister_mark.lua" and (name == "empty" or name == "of_another_kind")) then holds(told("log"), "take no job until an administrator mends") end
            for _, uid in ipairs({ BACKEND, 1000.0, 0.0 }) do
               same(slurm.ESLURM_ACCESS_DENIED, slurm_job_submit(placeholder(), PARTITIONS, uid), "submit")
               same(slurm.ESLURM_ACCESS_DENIED, slurm_job_submit({ partition = "open,sealed" }, PARTITIONS, uid == BACKEND and 0.0 or uid), "submit to two")
               same(slurm.ESLURM_ACCESS_DENIED, slurm_job_modify({ time_limit = 5.0 }, { user_id = uid, partition = "sealed" }, PARTITIONS, 1000.0), "modify")
               same(slurm.ESLURM_ACCESS_DENIED, slurm_job_modify({ partition = "sealed" }, { user_id = 1000.0, partition = "open" }, PARTITIONS, 1000.0), "move")
            end
            same(slurm.ESLURM_ACCESS_DENIED, slurm_job_submit({}, { sealed = { flag_default = 1.0 } }, 1000.0), "default partition")
         end)
      end
      case(file:gsub("%.", "_") .. "_" .. name .. "_fails_no_record", function()
         breakage(file, text)
         load_all("")
         local record = { user_id = BACKEND, job_id = 9.0, submit_time = 17.0, comment = "cloister:1:7:12:1", partition = "sealed" }
         same(slurm.SUCCESS, slurm_jobcomp_log_record(record), "code")
         same(nil, record.admin_comment, "admin_comment")
      end)
      if file ~= "cloister_submit.lua" and file ~= "cloister_usage.lua" then
         case(file:gsub("%.", "_") .. "_" .. name .. "_shuts_our_gate", function()
            breakage(file, text)
            load_all("")
            put(GATE .. "/answers/7.12.1.9.0", "1 go ok n1\n")
            local code, words = slurm_bb_pre_run("9", "/script", "5000", "5000", with(IN_OURS))
            same(slurm.ERROR, code, "code")
            holds(words, "cloister: no placeholder can start until an administrator mends")
         end)
      end
   end
end
for name, text in pairs({ none = 'return { backend_uids = { 5000 }, gate = "/gate" }', others = SHARED:gsub("sealed", "secret"), more = SHARED:gsub('"sealed"', '"sealed", "secret"') }) do
   case("partitions_of_the_configuration_that_are_" .. name .. "_shut_those_of_the_line", function()
      fresh()
      put(CLOISTER_FOLDER .. "/cloister.lua", text)
      load_all("")
      denied("until an administrator mends", placeholder(), BACKEND)
      holds(told("log"), "must name the same")
      same(slurm.SUCCESS, slurm_job_submit({ partition = "open", account = "a" }, PARTITIONS, 1000.0), "code")
   end)
end

-- ---- the line itself ------------------------------------------------------------------------------------------------------------------
case("a_line_before_the_sites_functions_is_an_error", function()
   fresh()
   clear()
   local ran, why = pcall(dofile(CLOISTER_FOLDER .. "/cloister_beside.lua"), "sealed")
   same(false, ran, "ran")
   holds(why, "at the end of the file")
end)
for name, given in pairs({ none = {}, strange = { "sealed;x" }, no_text = { 7 } }) do
   case("a_line_with_partitions_" .. name .. "_is_an_error", function()
      fresh()
      load_all("alone-")
      same(false, (pcall(dofile(CLOISTER_FOLDER .. "/cloister_beside.lua"), given[1])), "ran")
   end)
end
case("without_the_line_nothing_of_ours_is_left", function()
   fresh()
   load_all("alone-")
   shell("rm -rf " .. CLOISTER_FOLDER)
   local job = placeholder({ partition = "open" })
   local before = with(job)
   same(slurm.SUCCESS, slurm_job_submit(job, PARTITIONS, BACKEND), "code")
   for key, value in pairs(before) do same(value, job[key], key) end
   same("", told("log") .. told("user"), "said")
end)
