using System.Text.RegularExpressions;

namespace DirectorySync.Chassis.Tests;

/// <summary>What may enter the chassis.</summary>
public sealed partial class StructureTests
{
    private static readonly Type[] Types = [.. typeof(SchemaMigration).Assembly.GetTypes()
        .Where(type => type.Namespace?.StartsWith("DirectorySync", StringComparison.Ordinal) is true
            && !type.Name.Contains('<', StringComparison.Ordinal))];

    [Fact]
    public void No_type_is_named_by_a_word_of_the_domain() => Assert.DoesNotContain(Types, type => Domain().IsMatch(type.Name));

    [Fact]
    public void No_type_is_named_like_a_drawer() => Assert.DoesNotContain(Types, type => Drawer().IsMatch(type.Name));

    [Fact]
    public void Few_types_are_public() => Assert.InRange(Types.Count(type => type is { IsPublic: true }), 1, 30);

    [Fact]
    public void Classes_are_sealed_for_nobody_inherits() =>
        Assert.DoesNotContain(Types, type => type is { IsClass: true, IsSealed: false, IsAbstract: false });

    [GeneratedRegex("User|Group|Member|Directory|Role|Scim|Okta|Organization|Attribute|Tenant|Credential", RegexOptions.IgnoreCase)]
    private static partial Regex Domain();

    [GeneratedRegex("Helper|Util|Common|Misc|Manager")]
    private static partial Regex Drawer();
}
