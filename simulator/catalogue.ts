/** What the demo stores sell. Prices are minor units, and the same number in every currency. */

export interface Product {
  sku: string
  name: string
  department: string
  category: string
  storage: 'ambient' | 'chilled' | 'frozen'
  unitPrice: number
  minAge?: 16 | 18
  /** How often it is bought, relative to the others. */
  popularity: number
}

type Shelf = Pick<Product, 'department' | 'category' | 'storage' | 'popularity' | 'minAge'> & {
  products: readonly (readonly [name: string, unitPrice: number])[]
}

const shelves: readonly Shelf[] = [
  {
    department: 'Produce',
    category: 'Fruit',
    storage: 'ambient',
    popularity: 5,
    products: [
      ['Bananas 1 kg', 179],
      ['Gala apples 1 kg', 249],
      ['Conference pears 1 kg', 279],
      ['Oranges net 2 kg', 349],
      ['Lemons 4 pcs', 149],
      ['Seedless grapes 500 g', 299],
      ['Strawberries 400 g', 349],
      ['Avocado', 129],
      ['Blueberries 250 g', 329],
    ],
  },
  {
    department: 'Produce',
    category: 'Vegetables',
    storage: 'ambient',
    popularity: 4,
    products: [
      ['Vine tomatoes 500 g', 219],
      ['Cucumber', 89],
      ['Red peppers 3 pcs', 249],
      ['Carrots 1 kg', 119],
      ['Potatoes 2.5 kg', 329],
      ['Onions 1 kg', 129],
      ['Garlic 3 bulbs', 109],
      ['Broccoli', 159],
      ['Iceberg lettuce', 119],
      ['Mushrooms 400 g', 229],
      ['Fresh basil pot', 199],
    ],
  },
  {
    department: 'Dairy',
    category: 'Milk and butter',
    storage: 'chilled',
    popularity: 6,
    products: [
      ['Whole milk 1 l', 129],
      ['Semi-skimmed milk 1 l', 119],
      ['Oat drink barista 1 l', 229],
      ['Salted butter 250 g', 269],
      ['Whipping cream 200 ml', 109],
      ['Free-range eggs 10 pcs', 319],
    ],
  },
  {
    department: 'Dairy',
    category: 'Yoghurt and cheese',
    storage: 'chilled',
    popularity: 4,
    products: [
      ['Natural yoghurt 500 g', 119],
      ['Greek yoghurt 400 g', 249],
      ['Strawberry yoghurt 4 × 125 g', 189],
      ['Young gouda slices 200 g', 229],
      ['Mozzarella 125 g', 99],
      ['Feta 200 g', 279],
      ['Parmesan piece 200 g', 449],
      ['Cream cheese 200 g', 179],
    ],
  },
  {
    department: 'Bakery',
    category: 'Bread and pastries',
    storage: 'ambient',
    popularity: 5,
    products: [
      ['Sourdough loaf 750 g', 379],
      ['Wholegrain bread 500 g', 249],
      ['Baguette', 139],
      ['Bread rolls 6 pcs', 179],
      ['Butter croissant', 119],
      ['Cinnamon roll', 169],
      ['Pastel de nata', 129],
      ['Bagels 4 pcs', 219],
    ],
  },
  {
    department: 'Meat and fish',
    category: 'Meat',
    storage: 'chilled',
    popularity: 2,
    products: [
      ['Chicken breast 400 g', 549],
      ['Minced beef 500 g', 599],
      ['Pork loin steaks 350 g', 449],
      ['Cooked ham 150 g', 249],
      ['Salami slices 100 g', 219],
      ['Smoked bacon 150 g', 239],
      ['Rump steak 250 g', 799],
    ],
  },
  {
    department: 'Meat and fish',
    category: 'Fish',
    storage: 'chilled',
    popularity: 1,
    products: [
      ['Salmon fillets 250 g', 749],
      ['Smoked salmon 100 g', 399],
      ['Cod loin 300 g', 699],
      ['Cooked prawns 200 g', 549],
    ],
  },
  {
    department: 'Grocery',
    category: 'Pasta, rice and tins',
    storage: 'ambient',
    popularity: 3,
    products: [
      ['Spaghetti 500 g', 129],
      ['Penne 500 g', 129],
      ['Basmati rice 1 kg', 299],
      ['Chopped tomatoes 400 g', 89],
      ['Chickpeas 400 g', 99],
      ['Tuna in olive oil 160 g', 229],
      ['Coconut milk 400 ml', 189],
      ['Red lentils 500 g', 199],
      ['Basil pesto 190 g', 249],
      ['Extra virgin olive oil 750 ml', 899],
      ['Plain flour 1 kg', 99],
      ['Sugar 1 kg', 139],
      ['Sea salt 500 g', 79],
    ],
  },
  {
    department: 'Grocery',
    category: 'Breakfast',
    storage: 'ambient',
    popularity: 2,
    products: [
      ['Rolled oats 500 g', 129],
      ['Crunchy muesli 750 g', 399],
      ['Strawberry jam 340 g', 229],
      ['Peanut butter 350 g', 329],
      ['Wildflower honey 500 g', 549],
      ['Ground coffee 500 g', 649],
      ['Espresso beans 1 kg', 1499],
      ['Earl Grey tea 25 bags', 249],
    ],
  },
  {
    department: 'Grocery',
    category: 'Snacks',
    storage: 'ambient',
    popularity: 3,
    products: [
      ['Salted crisps 175 g', 199],
      ['Tortilla chips 300 g', 229],
      ['Milk chocolate 100 g', 129],
      ['Dark chocolate 85 % 100 g', 219],
      ['Butter biscuits 200 g', 179],
      ['Gummy bears 200 g', 119],
      ['Cashew nuts 200 g', 349],
      ['Chewing gum', 99],
    ],
  },
  {
    department: 'Frozen',
    category: 'Frozen food',
    storage: 'frozen',
    popularity: 2,
    products: [
      ['Margherita pizza 350 g', 349],
      ['Garden peas 750 g', 229],
      ['Spinach portions 500 g', 199],
      ['Fish fingers 15 pcs', 429],
      ['French fries 1 kg', 279],
      ['Vanilla ice cream 900 ml', 399],
      ['Mixed berries 500 g', 379],
      ['Vegetable lasagne 400 g', 399],
    ],
  },
  {
    department: 'Drinks',
    category: 'Soft drinks',
    storage: 'ambient',
    popularity: 3,
    products: [
      ['Still water 6 × 1.5 l', 299],
      ['Sparkling water 1 l', 79],
      ['Cola 1.25 l', 149],
      ['Orange juice 1 l', 229],
      ['Apple spritzer 1.5 l', 139],
      ['Ginger ale 1 l', 129],
    ],
  },
  {
    department: 'Drinks',
    category: 'Energy drinks',
    storage: 'chilled',
    popularity: 1,
    minAge: 16,
    products: [
      ['Energy drink 250 ml', 149],
      ['Sugar-free energy drink 500 ml', 199],
    ],
  },
  {
    department: 'Drinks',
    category: 'Beer, wine and spirits',
    storage: 'ambient',
    popularity: 2,
    minAge: 18,
    products: [
      ['Pilsner 6 × 0.33 l', 599],
      ['Pale ale 0.5 l', 219],
      ['Dry cider 0.5 l', 249],
      ['Riesling 0.75 l', 799],
      ['Douro red 0.75 l', 949],
      ['Prosecco 0.75 l', 899],
      ['London dry gin 0.7 l', 1999],
      ['Single malt whisky 0.7 l', 3499],
    ],
  },
  {
    department: 'Household',
    category: 'Cleaning and paper',
    storage: 'ambient',
    popularity: 1.5,
    products: [
      ['Kitchen roll 4 pcs', 349],
      ['Toilet paper 8 rolls', 449],
      ['Dishwasher tablets 40 pcs', 899],
      ['Laundry liquid 1.5 l', 749],
      ['Washing-up liquid 500 ml', 189],
      ['Bin bags 35 l 20 pcs', 229],
      ['AA batteries 4 pcs', 499],
    ],
  },
  {
    department: 'Drugstore',
    category: 'Body care and baby',
    storage: 'ambient',
    popularity: 1.5,
    products: [
      ['Toothpaste 75 ml', 249],
      ['Shower gel 250 ml', 279],
      ['Shampoo 300 ml', 399],
      ['Hand cream 75 ml', 329],
      ['Nappies size 4 44 pcs', 1299],
      ['Baby wipes 80 pcs', 199],
    ],
  },
  {
    department: 'Drugstore',
    category: 'Razors',
    storage: 'ambient',
    popularity: 0.5,
    products: [['Razor blades 8 pcs', 2199]],
  },
  {
    department: 'Drugstore',
    category: 'Tobacco',
    storage: 'ambient',
    popularity: 0.5,
    minAge: 18,
    products: [['Cigarettes 20 pcs', 890]],
  },
]

/** An EAN-13 of a range reserved for use inside a store (20…), with its check digit. */
function internalEan(number: number): string {
  const digits = `20${String(number).padStart(10, '0')}`
  const sum = [...digits].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}

/** Every product; its number, and so its sku, is its place in the list: append, never insert. */
export const catalogue: readonly Product[] = shelves
  .flatMap(({ products, ...shelf }) => products.map(([name, unitPrice]) => ({ ...shelf, name, unitPrice })))
  .map((product, index) => ({ ...product, sku: internalEan(1_000 + index * 7) }))

/** Products that anybody may buy, and those that need an age verification. */
export const unrestricted = catalogue.filter((product) => product.minAge === undefined)
export const ageRestricted = catalogue.filter((product) => product.minAge !== undefined)
