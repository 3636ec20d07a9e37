using DirectorySync.Gateway.Portal.Guides;

namespace DirectorySync.Gateway.Portal.Checks;

/// <summary>An attribute that the application reads: where it is to be entered, and whether it arrives.</summary>
/// <param name="Name">As the application calls it.</param>
/// <param name="About">What it is.</param>
/// <param name="Type">Of its values, for people.</param>
/// <param name="Required">Every person has to have it.</param>
/// <param name="External">Where it is expected.</param>
/// <param name="Check">Whether it arrives.</param>
internal sealed record AttributeRow(string Name, string About, string Type, bool Required, ExternalName External, Check Check);
