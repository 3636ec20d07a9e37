using System.Xml.Linq;

namespace DirectorySync.Local;

/// <summary>The failed tests of a results file, said once more where a long run ends: the name, and the beginning of what was wrong.</summary>
internal static class TestFailures
{
    private const int MostLines = 4;

    public static IEnumerable<string> Read(string trx) =>
        from result in Elements(XDocument.Load(trx), "UnitTestResult")
        where (string?)result.Attribute("outcome") == "Failed"
        select $"failed: {(string?)result.Attribute("testName")}\n{Message(result)}";

    private static string Message(XElement result) => string.Join('\n', Elements(result, "Message")
        .SelectMany(message => message.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Take(MostLines)
        .Select(line => "    " + line));

    private static IEnumerable<XElement> Elements(XContainer place, string name) =>
        place.Descendants().Where(element => element.Name.LocalName == name);
}
