using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Books;

/// <summary>The record of one port, from its making to its end. Control plane.</summary>
internal sealed unsafe class PortPlace(Bookkeeper books, int place, PortRecord* record)
{
    internal int Place { get; } = place;

    internal ref PortRecord Record => ref *record;

    internal RingPlace AddRing(RingDirection direction, uint index, uint slots, bool isHost) =>
        books.AddRing(Place, direction, index, slots, isHost);

    /// <summary>Enters a binding of the port; returns its place.</summary>
    internal int AddBinding(in BindingRecord binding) => books.AddBinding(binding with { Port = Place });

    internal void ReturnBinding(int binding) => books.ReturnBinding(binding);

    /// <summary>How the driver has it, in words.</summary>
    internal void SetDetail(string text) => BookText.Write(record->Detail, text);

    internal void End() => books.ReturnPort(Place);
}
