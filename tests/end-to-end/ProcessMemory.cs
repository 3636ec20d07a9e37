using System.Globalization;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>How much resident memory a process came to need at its peak, counted from now.</summary>
internal sealed class ProcessMemory
{
    private readonly int id;

    public ProcessMemory(string name, int id)
    {
        this.id = id;
        Name = name;

        // 5: forget the peak of before (proc(5)).
        File.WriteAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/clear_refs", "5");
        StartMiB = Read("VmRSS:");
    }

    public string Name { get; }

    public long StartMiB { get; }

    public long GrowthMiB => Read("VmHWM:") - StartMiB;

    private long Read(string field) => long.Parse(
        File.ReadLines($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/status").Single(line => line.StartsWith(field, StringComparison.Ordinal))
            [field.Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture) / 1024;
}
