-- /etc/slurm/job_submit.lua of a project's own Slurm (Lua 5.1 to 5.4): says at once, in words, what no worker can ever hold.
-- It reads counts, sizes and durations of a request and nothing else, and logs none of it.
--
-- /etc/slurm/cloister-limits.lua is written by the CVM's controller from what the site publishes, and read at each submit:
--    return { max_cpus = 4, max_mem_mib = 3072, max_workers = 8, max_term_min = 480, reserve_mem_mib = 200 }
-- max_mem_mib is a worker's memory, reserve_mem_mib what its system keeps of it. max_term_min is the longest a job may ask for:
-- the site's longest term less what the controller adds for boot and grace. Optional: default_time_min (60), for a job that
-- names no time limit; max_scratch_mib, for --tmp; max_gpus (0) on one worker, and gpu_a = 1 for each kind (a, b, c) that there is:
-- a worker has GPUs of one kind, and the feature gpu-a; isolation: 0, workers are everybody's; 1, each is one member's; 2, each is
-- one job's.
--
-- Slurm takes a Lua error, and a function that returns nothing, for "yes" (job_submit_lua.c): so an error refuses.
local limits_path = CLOISTER_LIMITS or "/etc/slurm/cloister-limits.lua"
-- The controller watches this file's folder and looks at the queue when it is written. It looks now and then anyway, so a file
-- that cannot be written refuses nobody.
local bell_path = CLOISTER_BELL or "/run/slurmctld/asked"
local KNOWN = {
   max_cpus = true, max_mem_mib = true, max_workers = true, max_term_min = true, reserve_mem_mib = true,
   default_time_min = false, max_gpus = false, max_scratch_mib = false, gpu_a = false, gpu_b = false, gpu_c = false,
   isolation = false,
}

local function load_data(path)
   if setfenv then -- Lua 5.1
      local chunk = loadfile(path)
      if chunk then setfenv(chunk, {}) end
      return chunk
   end
   return loadfile(path, "t", {})
end

local function read_limits()
   local chunk = load_data(limits_path)
   local ran, limits = pcall(chunk or error)
   if not ran or type(limits) ~= "table" then return nil end
   for key, value in pairs(limits) do
      if KNOWN[key] == nil or type(value) ~= "number" or value < 0 or value > 2147483647 or value % 1 ~= 0 then return nil end
   end
   for key, needed in pairs(KNOWN) do
      if needed and not limits[key] then return nil end
   end
   if limits.max_cpus < 1 or limits.max_workers < 1 or limits.max_term_min < 1 or limits.max_mem_mib <= limits.reserve_mem_mib
      or (limits.isolation or 0) > 2 then
      return nil
   end
   limits.kinds, limits.max_gpus = {}, limits.max_gpus or 0
   for _, kind in ipairs({ "a", "b", "c" }) do
      if limits["gpu_" .. kind] == 1 and limits.max_gpus > 0 then limits.kinds[#limits.kinds + 1] = kind end
   end
   limits.usable_mem_mib = limits.max_mem_mib - limits.reserve_mem_mib
   return limits
end

-- Slurm fills what was not asked with NO_VAL or INFINITE, of 16 or 32 bits by the field; 0xfffd and 0xfffffffd are in use too.
-- Memory comes as nil when it was not asked, and as 0 for "all of the node".
local function asked16(value)
   if value == nil or value >= 65533 then return nil end
   return value
end

local function asked32(value)
   if value == nil or value >= 4294967293 then return nil end
   return value
end

local function floor(value) return value - value % 1 end

local function whole(value) return string.format("%d", value) end

local function fault_of_counts(job, limits)
   local nodes, cpus = asked32(job.min_nodes), asked16(job.cpus_per_task)
   if nodes and nodes > limits.max_workers then return "it asks for " .. whole(nodes) .. " nodes" end
   if cpus and cpus > limits.max_cpus then return "it asks for " .. whole(cpus) .. " CPUs per task" end
   local least = asked16(job.pn_min_cpus)
   if least and least > limits.max_cpus then return "it asks for " .. whole(least) .. " CPUs on one node" end
   local on_node = asked16(job.ntasks_per_node)
   if on_node and on_node * (cpus or 1) > limits.max_cpus then
      return "it asks for " .. whole(on_node) .. " tasks on one node, " .. whole(on_node * (cpus or 1)) .. " CPUs"
   end
   local all = asked32(job.min_cpus)
   if all and all > limits.max_workers * limits.max_cpus then return "it asks for " .. whole(all) .. " CPUs in all" end
   return nil
end

local function fault_of_memory(job, limits)
   local on_node, per_cpu = job.min_mem_per_node, job.min_mem_per_cpu
   if on_node and on_node > limits.usable_mem_mib then return "it asks for " .. whole(on_node) .. " MiB of memory on one node" end
   if not per_cpu or per_cpu == 0 then return nil end
   local cpus = asked16(job.cpus_per_task) or 1
   local together = cpus * (asked16(job.ntasks_per_node) or 1)
   if together * per_cpu <= limits.usable_mem_mib then return nil end
   return "it asks for " .. whole(together * per_cpu) .. " MiB of memory on one node (" .. whole(per_cpu) .. " MiB for each CPU)"
end

-- How many tasks fit in all; a job that overcommits its CPUs (min_cpus says so) is left to Slurm.
local function fault_of_tasks(job, limits)
   local tasks, cpus = asked32(job.num_tasks), asked16(job.cpus_per_task) or 1
   if not tasks or cpus < 1 or (asked32(job.min_cpus) or 0) < tasks * cpus then return nil end
   local on_one = floor(limits.max_cpus / cpus)
   if job.min_mem_per_cpu and job.min_mem_per_cpu > 0 then
      on_one = math.min(on_one, floor(limits.usable_mem_mib / (cpus * job.min_mem_per_cpu)))
   end
   local most = asked32(job.max_nodes)
   local workers = math.min(limits.max_workers, most and most > 0 and most or limits.max_workers)
   if tasks <= on_one * workers then return nil end
   return "its " .. whole(tasks) .. " tasks need more than the " .. whole(workers) .. " workers that it may use"
end

-- What picks certain nodes has nothing to pick from: a job's workers are made for it, without names to know before.
local PICKS = {
   { "req_nodes", "it asks for nodes by name (--nodelist)" },
   { "prefer", "it asks for features (--prefer)" },
   { "batch_features", "it asks for features (--batch)" },
   { "reservation", "it asks for a reservation" },
   { "licenses", "it asks for licenses" },
}

-- The kinds of GPU as a list, each with something before it.
local function kinds(limits, before)
   local names = {}
   for _, kind in ipairs(limits.kinds) do names[#names + 1] = before .. kind end
   return table.concat(names, ", ")
end

local function fault_of_picks(job, limits)
   for _, pick in ipairs(PICKS) do
      if (job[pick[1]] or "") ~= "" then return pick[2] .. ", and workers here have none" end
   end
   local features = job.features or ""
   if features == "" then return nil end
   if (limits.isolation or 0) ~= 0 then
      return "it asks for features (--constraint), which this project's policy sets itself; a kind of GPU is named with --gpus=KIND:N"
   end
   for _, kind in ipairs(limits.kinds) do
      if features == "gpu-" .. kind then return nil end
   end
   if #limits.kinds == 0 then return "it asks for features (--constraint), and workers here have none" end
   return "it asks for features (--constraint) that workers here do not have: it may name one of " .. kinds(limits, "gpu-") .. ", without operators"
end

-- The GPUs in one of Slurm's lists, "cpu=2,gres/gpu:a:1" or "gres/gpu=1": how many and of which kind. A fault as the third result.
local function gpus_in(text, limits)
   local count, named = nil, nil
   for part in (text .. ","):gmatch("([^,]*),") do
      local rest = part:match("^gres[/:]gpu(.*)$") or part:match("^gpu(.*)$")
      if not rest and part:find("gres", 1, true) then return 0, nil, "it asks for a device that workers here do not have (--gres): they have GPUs" end
      if rest then
         local kind, number = rest:match("^:(%a[%w_-]*)(.*)$")
         number = (number or rest):match("^[:=](%d+)$") or ((number or rest) == "" and "1")
         if not number or #number > 6 then return 0, nil, "it asks for GPUs in words that are not understood here (--gpus=N, --gres=gpu:KIND:N)" end
         if count then return 0, nil, "it asks for GPUs twice, and a worker has one kind" end
         if kind and limits["gpu_" .. kind] ~= 1 then return 0, nil, "no shape has GPUs of that kind; the kinds here are " .. kinds(limits, "") end
         count, named = tonumber(number), kind
      end
   end
   return count or 0, named, nil
end

local function gpus(count) return whole(count) .. (count == 1 and " GPU" or " GPUs") end

local function fault_of_gpus(job, limits)
   local asked, kind = {}, nil
   for _, field in ipairs({ "tres_per_job", "tres_per_node", "tres_per_socket", "tres_per_task" }) do
      local text = job[field] or ""
      if (text:find("gres", 1, true) or text:find("gpu", 1, true)) and #limits.kinds == 0 then
         return "it asks for a GPU or another device, and workers here have none"
      end
      local count, named, fault = gpus_in(text, limits)
      if fault then return fault end
      if kind and named and kind ~= named then return "it asks for GPUs of two kinds, and a worker has one" end
      asked[field], kind = count, kind or named
   end
   if asked.tres_per_socket > 0 then return "it asks for GPUs of each socket; ask for those of each node (--gpus-per-node)" end
   local nearest = "; the nearest that there is has " .. gpus(limits.max_gpus)
   local on_one = math.max(asked.tres_per_node, asked.tres_per_task * (asked16(job.ntasks_per_node) or 1))
   if on_one > limits.max_gpus then return "no shape has " .. gpus(on_one) .. " on one node" .. nearest end
   local most = asked32(job.max_nodes)
   local workers = math.min(limits.max_workers, most and most > 0 and most or limits.max_workers)
   local all = math.max(asked.tres_per_job, asked.tres_per_task * (asked32(job.num_tasks) or 1))
   local room = asked.tres_per_task > 0 and floor(limits.max_gpus / asked.tres_per_task) * asked.tres_per_task or limits.max_gpus
   if all <= workers * room then return nil end
   if workers == 1 then return "no shape has " .. gpus(all) .. nearest end
   return "it asks for " .. gpus(all) .. " in all, and the " .. whole(workers) .. " workers that it may use have up to " .. whole(workers * room)
end

local function fault_of_rest(job, limits)
   local time = job.time_limit
   if time == 4294967295 or (asked32(time) and time > limits.max_term_min) then
      return "it asks for more time than the " .. whole(limits.max_term_min) .. " minutes a job may have"
   end
   local scratch = asked32(job.pn_min_tmp_disk)
   if scratch and limits.max_scratch_mib and scratch > limits.max_scratch_mib then
      return "it asks for " .. whole(scratch) .. " MiB of temporary disk; a worker has up to " .. whole(limits.max_scratch_mib)
   end
   return nil
end

local function largest(limits)
   local some = #limits.kinds > 0 and ", " .. gpus(limits.max_gpus) .. " (" .. kinds(limits, "") .. ")" or ""
   return "The largest worker has " .. whole(limits.max_cpus) .. " CPUs" .. some .. " and " .. whole(limits.usable_mem_mib)
      .. " MiB of memory for jobs; a job may use up to " .. whole(limits.max_workers) .. " workers for up to "
      .. whole(limits.max_term_min) .. " minutes. Ask for less."
end

local function judge(job)
   local limits = read_limits()
   if not limits then
      slurm.log_error("cloister: cloister-limits.lua is missing or malformed: jobs are refused until the controller has written it")
      slurm.log_user("%s", "This machine does not know yet which workers it may ask for. Submit again in a minute.")
      return nil, slurm.ERROR
   end
   local fault = fault_of_picks(job, limits) or fault_of_counts(job, limits) or fault_of_memory(job, limits) or fault_of_tasks(job, limits)
      or fault_of_gpus(job, limits) or fault_of_rest(job, limits)
   if fault then
      slurm.log_user("%s", "No worker can hold this job: " .. fault .. ". " .. largest(limits))
      return nil, slurm.ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE or slurm.ERROR
   end
   return limits, slurm.SUCCESS
end

-- srun and salloc wait where their user looks on; the later parts of a heterogeneous job need not say it again.
local function explain_the_wait(job)
   if (job.script or "") == "" and (asked32(job.het_job_offset) or 0) == 0 then
      slurm.log_user("%s", "If no worker is free, one is started for this, which takes a while. What it waits for: squeue, in another session.")
   end
end

-- What keeps a job on workers of its own: the user's, which register with this feature, or under 2 none at all, until root has set
-- the feature of the lease that was made for it. Only ceilings, which never run anything, have the feature of either from the start.
local function gate(job, isolation, uid)
   if isolation == 1 then
      job.features = "u" .. whole(asked32(job.user_id) or uid)
   elseif isolation == 2 then
      job.features = "unassigned"
   end
end

local function ring()
   local bell = io.open(bell_path, "w")
   if bell then bell:close() end
end

local function submit(job, _, uid)
   local limits, code = judge(job)
   if limits then
      ring()
      -- squeue, which shows this column here, writes "(null)" where there is none.
      job.admin_comment = " "
      gate(job, limits.isolation, uid)
      explain_the_wait(job)
   end
   -- An hour rather than the longest term: the limit is what the site's queue reserves, and shorter starts sooner.
   if limits and asked32(job.time_limit) == nil then
      job.time_limit = math.min(limits.default_time_min or 60, limits.max_term_min)
   end
   return code
end

-- An empty value takes a feature away, which is a change like any other.
local FIXED = { "features", "req_nodes", "prefer", "batch_features", "partition", "reservation", "extra" }

-- Root is the controller, which may set what it has worked out itself.
local function modify(job, _, _, uid)
   if uid == 0 then return slurm.SUCCESS end
   for _, field in ipairs(FIXED) do
      if job[field] ~= nil then
         slurm.log_user("%s", "The constraint, nodes, partition, reservation and extra of a job can't be changed here. Submit it anew.")
         return slurm.ERROR
      end
   end
   local limits, code = judge(job)
   if limits then ring() end
   return code
end

local function guarded(act)
   return function(...)
      local ran, code = pcall(act, ...)
      if ran then return code end
      slurm.log_error("cloister: a request could not be judged: %s", tostring(code))
      slurm.log_user("%s", "This request could not be judged and is refused. Please tell whoever runs this project's machine.")
      return slurm.ERROR
   end
end

slurm_job_submit = guarded(submit)
slurm_job_modify = guarded(modify)
return slurm.SUCCESS
