// Times are part of what is tested, and a system of processes already uses the whole machine.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
