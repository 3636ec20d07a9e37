using System.Globalization;
using System.Security.Cryptography;
using DirectorySync.EndToEnd.Tests.Chaos;
using DirectorySync.EndToEnd.Tests.Soak;

// make soak: "fuzz [SECONDS [SEED]]", or the names of drills.
if (args is [not null and var first, ..] && !char.IsAsciiDigit(first[0]))
{
    return await SoakProgram.RunAsync(args);
}

// make chaos: the assembly of tests as a program, which says how it gets on. So many kills, of so many replicas, as that seed says.
int[] numbers = [.. args.Select(argument => int.Parse(argument, CultureInfo.InvariantCulture))];
var kills = numbers.ElementAtOrDefault(0) is > 0 and var wanted ? wanted : 100;
var replicas = numbers.ElementAtOrDefault(1) is > 0 and var several ? several : 1;
var seed = numbers.Length > 2 ? numbers[2] : RandomNumberGenerator.GetInt32(1_000_000);
try
{
    await new ChaosRun(kills, seed, replicas, TimeSpan.FromMinutes(3), Console.WriteLine).RunAsync();
    return 0;
}
catch (InvalidOperationException e)
{
    Console.Error.WriteLine(e);
    return 1;
}
